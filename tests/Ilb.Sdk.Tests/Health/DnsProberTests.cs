using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using FsCheck.Xunit;

namespace Ilb.Tests;

public sealed class DnsProberTests : ProbeTest
{
    private const string Pointer = "c00c";

    private readonly DnsProber _prober;

    public DnsProberTests() => _prober = Use(new DnsProber(new ProbeNetwork()));

    [Theory]
    [InlineData(Protocol.Udp)]
    [InlineData(Protocol.Tcp)]
    public async Task Any_answer_without_an_error_will_do(Protocol protocol)
    {
        Assert.Equal("alive", await RunAsync(new DnsTest { Query = "www.example" }, protocol, static question => Answer(question)));
        Assert.Equal("DNS answered NXDOMAIN", await RunAsync(new DnsTest { Query = "www.example" }, protocol, static question => Answer(question, code: 3)));
        Assert.Equal("DNS answered SERVFAIL", await RunAsync(new DnsTest { Query = "." }, protocol, static question => Answer(question, code: 2)));
    }

    [Theory]
    [InlineData("A", 1, "c0000207", "192.0.2.7")]
    [InlineData("AAAA", 28, "20010db8000000000000000000000001", "2001:db8::1")]
    [InlineData("MX", 15, "000a046d61696cc00c", "10 mail.www.example")]
    [InlineData("CNAME", 5, "03777777c010", "www.example.")]
    [InlineData("NS", 2, "026e73c00c", "NS.www.example")]
    [InlineData("PTR", 12, "0474686174c00c", "that.www.example")]
    [InlineData("SRV", 33, "000100020050c00c", "1 2 80 www.example")]
    [InlineData("TXT", 16, "03613d31023b62", "a=1;b")]
    [InlineData("SOA", 6, "c00cc00c0000000100000002000000030000000400000005", "www.example www.example 1 2 3 4 5")]
    public async Task A_record_of_each_type_is_compared_as_text(string type, int number, string bytes, string text)
    {
        var test = new DnsTest { Query = "www.example", Type = type, Answer = text };
        Assert.Equal("alive", await RunAsync(test, Protocol.Udp, question => Answer(question, (5, "01610161c00c"), (number, bytes))));
        Assert.EndsWith(", wanted other", await RunAsync(test with { Answer = "other" }, Protocol.Udp, question => Answer(question, (number, bytes))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_answered_instead_is_shown()
    {
        var test = new DnsTest { Query = "www.example", Answer = "192.0.2.7" };
        Assert.Equal("DNS answered 192.0.2.1, 192.0.2.2, 192.0.2.3 and 1 more, wanted 192.0.2.7", await RunAsync(test, Protocol.Udp, static question => Answer(question, (1, "c0000201"), (1, "c0000202"), (1, "c0000203"), (1, "c0000204"))));
        Assert.Equal("DNS answered no A record, wanted 192.0.2.7", await RunAsync(test, Protocol.Udp, static question => Answer(question)));
    }

    [Fact]
    public async Task Answers_to_other_questions_are_passed_over()
    {
        var outcome = await RunAsync(new DnsTest { Query = "www.example" }, Protocol.Udp, static question =>
        [
            [],
            [1, 2, 3],
            question,
            Answer([(byte)~question[0], .. question[1..]], code: 5)[0],
            Answer([.. question[..13], (byte)'x', .. question[14..]], code: 5)[0],
            .. Answer(question),
        ]);
        Assert.Equal("alive", outcome);
    }

    [Fact]
    public async Task What_does_not_fit_into_a_datagram_is_asked_for_again_by_TCP()
    {
        var test = new DnsTest { Query = "www.example", Type = "TXT", Answer = "ab" };
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var port = ServeStream(static question => Answer(question, (16, "026162")));
        server.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _ = ServeDatagramsAsync(server, static question => [Truncated(question)]);
        Assert.Equal("alive", (await RunAsync(_prober, test, port, protocol: Protocol.Udp)).ToString());
        // Where nothing of it matters it is answer enough.
        Assert.Equal("alive", await RunAsync(test with { Answer = null }, Protocol.Udp, static question => [Truncated(question)]));
        Assert.Equal("connection refused", await RunAsync(test, Protocol.Udp, static question => [Truncated(question)]));
    }

    [Fact]
    public async Task A_closed_port_and_a_silent_one_say_so()
    {
        Assert.Equal("port unreachable", (await RunAsync(_prober, new DnsTest { Query = "x" }, ClosedPort(ProtocolType.Udp), protocol: Protocol.Udp)).ToString());
        Assert.Equal("connection refused", (await RunAsync(_prober, new DnsTest { Query = "x" }, ClosedPort())).ToString());
        Assert.Equal("timed out after 1 s waiting for the answer", await RunAsync(new DnsTest { Query = "x" }, Protocol.Udp, static _ => [], TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123.x")]
    public async Task What_is_no_domain_name_says_nothing_of_the_server(string name) =>
        Assert.Equal($"not run: {Quote.Of(name)} is not a domain name", (await RunAsync(_prober, new DnsTest { Query = name }, 53, protocol: Protocol.Udp)).ToString());

    [Property(MaxTest = 2000)]
    public void Bytes_that_make_no_sense_are_no_answer_and_do_no_harm(int seed)
    {
        var random = new Random(seed);
        var question = DnsMessage.Ask(7, "www.example", "MX");
        var message = Answer(question, (15, "000a046d61696cc00c"), (15, "0014c00c"))[0];
        for (var i = random.Next(1, 8); i > 0; i--)
            message[random.Next(12, message.Length)] = (byte)random.Next(256);
        message = message[..random.Next(12, message.Length + 1)];
        DnsMessage.IsAnswer(message, question);
        var fault = DnsMessage.Judge(message, "MX", "nothing such");
        Assert.True(fault == "answered something that is not DNS" || fault!.StartsWith("DNS answered ", StringComparison.Ordinal), fault);
    }

    [Fact]
    public void A_name_that_goes_on_in_itself_ends() =>
        Assert.Equal("answered something that is not DNS", DnsMessage.Judge(Answer(DnsMessage.Ask(7, "x", "NS"), (2, "01c01b"))[0] is var message ? Loop(message) : [], "NS", "y"));

    // The last two bytes lead to themselves.
    private static byte[] Loop(byte[] message)
    {
        (message[^2], message[^1]) = (0xc0, (byte)(message.Length - 2));
        return message;
    }

    private static byte[] Truncated(byte[] question)
    {
        var message = Answer(question)[0];
        message[2] |= 2;
        return message;
    }

    private static byte[][] Answer(byte[] question, params (int Type, string Bytes)[] records) => Answer(question, 0, records);

    private static byte[][] Answer(byte[] question, int code, params (int Type, string Bytes)[] records)
    {
        var message = new List<byte>(question);
        (message[2], message[3], message[7]) = (0x81, (byte)(0x80 | code), (byte)records.Length);
        foreach (var (type, bytes) in records)
        {
            var data = Convert.FromHexString(bytes);
            message.AddRange([.. Convert.FromHexString(Pointer), 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data]);
        }

        return [[.. message]];
    }

    private async Task<string> RunAsync(DnsTest test, Protocol protocol, Func<byte[], byte[][]> answer, TimeSpan? timeout = null)
    {
        if (protocol == Protocol.Tcp)
            return (await RunAsync(_prober, test, ServeStream(answer), timeout)).ToString();
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _ = ServeDatagramsAsync(server, answer);
        return (await RunAsync(_prober, test, ((IPEndPoint)server.LocalEndPoint!).Port, timeout, protocol: Protocol.Udp)).ToString();
    }

    private int ServeStream(Func<byte[], byte[][]> answer) => Listen(async client =>
    {
        var question = new byte[1000];
        var length = await client.ReceiveAsync(question, End);
        foreach (var message in answer(question[2..length]))
        {
            var prefix = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)message.Length);
            await client.SendAsync((byte[])[.. prefix, .. message], End);
        }
    });

    private async Task ServeDatagramsAsync(Socket server, Func<byte[], byte[][]> answer)
    {
        var question = new byte[1000];
        var received = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0), End);
        foreach (var message in answer(question[..received.ReceivedBytes]))
            await server.SendToAsync(message, received.RemoteEndPoint, End);
    }
}
