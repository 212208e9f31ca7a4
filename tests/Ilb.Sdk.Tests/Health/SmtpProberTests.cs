using System.Net.Sockets;
using System.Text;

namespace Ilb.Tests;

public sealed class SmtpProberTests : ProbeTest
{
    private readonly SmtpProber _prober;

    public SmtpProberTests() => _prober = Use(new SmtpProber(new ProbeNetwork()));

    [Fact]
    public async Task A_server_that_greets_and_answers_is_alive_and_hears_goodbye()
    {
        var heard = new TaskCompletionSource<string>();
        var port = Listen(async client =>
        {
            await using var stream = new NetworkStream(client);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            await stream.WriteAsync("220-mail.example\r\n220 ready\r\n"u8.ToArray(), End);
            var hello = await reader.ReadLineAsync(End);
            await stream.WriteAsync("250-mail.example\r\n250-SIZE 1000\r\n250 HELP\r\n"u8.ToArray(), End);
            heard.SetResult($"{hello} {await reader.ReadLineAsync(End)}");
        });
        Assert.Equal("alive", await RunAsync(port));
        Assert.Equal("EHLO [127.0.0.1] QUIT", await heard.Task);
    }

    [Fact]
    public async Task A_server_that_does_not_wait_for_goodbye_is_alive()
    {
        var port = Listen(async client =>
        {
            await client.SendAsync("220 ready\r\n"u8.ToArray(), End);
            await client.ReceiveAsync(new byte[1000], End);
            await client.SendAsync("250 hello\r\n"u8.ToArray(), End);
            client.LingerState = new LingerOption(true, 0);
        });
        // Whether the reset comes before the goodbye is a matter of luck.
        for (var i = 0; i < 20; i++)
            Assert.Equal("alive", await RunAsync(port));
    }

    [Theory]
    [InlineData("554 no mail here\r\n", "greeted with '554 no mail here', wanted 220")]
    [InlineData("220 hi\r\n502 what\r\n", "answered EHLO with '502 what', wanted 250")]
    [InlineData("2200 hi\r\n", "greeted with '2200 hi', wanted 220")]
    [InlineData("220-a\r\n220-b\r\n", "closed the connection waiting for the greeting")]
    public async Task What_is_not_as_wanted_is_shown(string says, string reason) => Assert.Equal(reason, await RunAsync(Listen(client => client.SendAsync(Encoding.ASCII.GetBytes(says), End).AsTask())));

    [Fact]
    public async Task Lines_without_end_are_cut_off()
    {
        var endless = Listen(async client =>
        {
            while (true)
                await client.SendAsync(new byte[10_000], End);
        });
        Assert.Equal("answered a line longer than 4096 bytes", await RunAsync(endless));
        var chatty = Listen(async client =>
        {
            while (true)
                await client.SendAsync("220-and\r\n"u8.ToArray(), End);
        });
        Assert.Equal("greeted with more than 100 lines", await RunAsync(chatty));
    }

    [Fact]
    public async Task A_silent_server_times_out_waiting_for_the_greeting() =>
        Assert.Equal("timed out after 1 s waiting for the greeting", (await RunAsync(_prober, new SmtpTest(), Listen(_ => ForeverAsync()), TimeSpan.FromSeconds(1))).ToString());

    private async Task<string> RunAsync(int port) => (await RunAsync(_prober, new SmtpTest(), port)).ToString();
}
