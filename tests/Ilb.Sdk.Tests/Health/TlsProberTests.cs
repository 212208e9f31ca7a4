using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class TlsProberTests : ProbeTest
{
    private readonly TestCertificates _certificates;
    private readonly TlsProber _prober;
    private readonly WebProber _web;
    private string? _asked;
    private string? _shown;

    public TlsProberTests()
    {
        _certificates = Use(new TestCertificates());
        var handshake = new TlsHandshake(TimeProvider.System);
        _prober = Use(new TlsProber(new ProbeNetwork(), handshake));
        _web = Use(new WebProber(new ProbeNetwork(), handshake));
    }

    private TlsSettings Trusting => new() { Ca = _certificates.AuthorityPath, Name = "www.example" };

    [Fact]
    public async Task A_certificate_that_is_valid_for_the_name_is_alive_and_the_name_is_asked_for()
    {
        Assert.Equal("alive", await RunAsync(Trusting, Serve(_certificates.Make("www.example"))));
        // With TLS 1.3 the server is done when our part is.
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _asked) is not null, TimeSpan.FromSeconds(20)));
        Assert.Equal("www.example", _asked);
    }

    [Fact]
    public async Task Without_a_name_the_certificate_must_be_for_the_address() =>
        Assert.Equal("alive", await RunAsync(Trusting with { Name = null }, Serve(_certificates.Make("127.0.0.1"))));

    [Fact]
    public async Task A_certificate_for_another_name_says_for_which() =>
        Assert.Equal("certificate is for mail.example, wanted www.example", await RunAsync(Trusting, Serve(_certificates.Make("mail.example"))));

    [Fact]
    public async Task An_expired_certificate_says_since_when()
    {
        var day = TimeProvider.System.GetUtcNow().AddDays(-3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal($"certificate expired on {day}", await RunAsync(Trusting, Serve(_certificates.Make("www.example", daysUntil: -3))));
    }

    [Fact]
    public async Task A_certificate_of_the_future_says_from_when()
    {
        var day = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal($"certificate is not valid before {day}", await RunAsync(Trusting, Serve(_certificates.Make("www.example", daysFrom: 3))));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_says_so()
    {
        Assert.Equal("certificate is not trusted: it is signed by itself", await RunAsync(Trusting, Serve(_certificates.Make("www.example", isSelfSigned: true))));
        Assert.Equal("certificate is not trusted: its issuer 'CN=Test Authority' is unknown", await RunAsync(Trusting with { Ca = null }, Serve(_certificates.Make("www.example"))));
    }

    [Fact]
    public async Task Without_verification_any_certificate_will_do_but_for_how_long_it_is_valid()
    {
        var port = Serve(_certificates.Make("mail.example", daysUntil: -3, isSelfSigned: true));
        Assert.Equal("alive", await RunAsync(new TlsSettings { Verify = false }, port));
        Assert.Equal("certificate is valid for 0 more days, wanted 0", await RunAsync(new TlsSettings { Verify = false, MinimumDays = 0 }, port));
    }

    [Theory]
    [InlineData(10, "alive")]
    [InlineData(30, "certificate is valid for 20 more days, wanted 30")]
    public async Task A_certificate_must_be_valid_for_long_enough(int days, string outcome) =>
        Assert.Equal(outcome, await RunAsync(Trusting with { MinimumDays = days }, Serve(_certificates.Make("www.example", daysUntil: 20.5))));

    [Fact]
    public async Task A_certificate_of_our_own_is_shown_to_the_server()
    {
        using var own = _certificates.Make("client.example");
        var (certificate, key) = _certificates.Write(own);
        Assert.Equal("alive", await RunAsync(Trusting with { Certificate = certificate, Key = key }, Serve(_certificates.Make("www.example"), wantsClient: true)));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _shown) is not null, TimeSpan.FromSeconds(20)));
        Assert.Equal("CN=client.example", _shown);
    }

    [Theory]
    [InlineData("/nowhere/ca.pem")]
    [InlineData("/proc/self/status")]
    public async Task A_file_of_ours_that_cannot_be_read_says_nothing_of_the_server(string path) =>
        Assert.StartsWith($"not run: cannot read the certificate '{path}': ", await RunAsync(Trusting with { Ca = path }, Serve(_certificates.Make("www.example"))), StringComparison.Ordinal);

    [Fact]
    public async Task A_file_of_ours_that_changes_is_read_anew()
    {
        var port = Serve(_certificates.Make("www.example"));
        Assert.Equal("alive", await RunAsync(Trusting, port));
        using var others = new TestCertificates();
        File.Copy(others.AuthorityPath, _certificates.AuthorityPath, overwrite: true);
        Assert.StartsWith("certificate is not trusted", await RunAsync(Trusting, port), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_says_nothing_times_out_in_the_handshake() =>
        Assert.Equal("timed out after 1 s in TLS handshake", (await RunAsync(_prober, new TlsTest(), Listen(_ => ForeverAsync()), TimeSpan.FromSeconds(1))).ToString());

    [Fact]
    public async Task A_server_that_closes_in_the_handshake_says_so() =>
        Assert.Equal("closed the connection in TLS handshake", await RunAsync(Trusting, Listen(async client => await client.ReceiveAsync(new byte[1000], End))));

    [Fact]
    public async Task A_server_that_does_not_wait_for_goodbye_is_alive()
    {
        var certificate = Use(_certificates.Make("www.example"));
        var port = Listen(async client =>
        {
            await using var stream = new SslStream(new NetworkStream(client));
            // The last word of its handshake is the server's.
            await stream.AuthenticateAsServerAsync(certificate, clientCertificateRequired: false, SslProtocols.Tls12, checkCertificateRevocation: false);
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        });
        // Whether the reset comes before the goodbye is a matter of luck.
        for (var i = 0; i < 20; i++)
            Assert.Equal("alive", await RunAsync(Trusting, port));
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_says_so()
    {
        var port = Listen(async client =>
        {
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), End);
            await ForeverAsync();
        });
        Assert.StartsWith("TLS handshake failed: ", await RunAsync(Trusting, port), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTPS_is_HTTP_in_TLS()
    {
        var port = Serve(_certificates.Make("www.example"), then: async stream =>
        {
            await stream.ReadAtLeastAsync(new byte[10_000], 1, cancellationToken: End);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), End);
        });
        var test = new HttpsTest { Host = "www.example:8443", Body = "ok", Tls = new() { Ca = _certificates.AuthorityPath } };
        Assert.Equal("alive", (await RunAsync(_web, test, port)).ToString());
        Assert.Equal("www.example", _asked);
        Assert.Equal("certificate is for www.example, wanted 127.0.0.1", (await RunAsync(_web, test with { Host = null }, port)).ToString());
    }

    private async Task<string> RunAsync(TlsSettings settings, int port) => (await RunAsync(_prober, new TlsTest { Tls = settings }, port)).ToString();

    private int Serve(X509Certificate2 certificate, bool wantsClient = false, Func<Stream, Task>? then = null)
    {
        Use(certificate);
        return Listen(async client =>
        {
            await using var stream = new SslStream(new NetworkStream(client));
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateRequired = wantsClient,
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                    {
                        _shown = shown?.Subject;
                        return shown is null != wantsClient;
                    },
                },
                End);
            _asked = stream.TargetHostName;
            if (then is not null)
                await then(stream);
            else
                await ForeverAsync();
        });
    }
}
