using System.Globalization;

namespace Ilb.Cli.Text;

/// <summary>A health check as the command that creates it.</summary>
internal static class HealthCheckWords
{
    private static readonly HealthCheck Default = new() { Name = "", Test = new PingTest() };
    private static readonly HttpTest DefaultWeb = new();

    public static IEnumerable<string> Of(HealthCheck check)
    {
        var keys = new KeyText()
            .Add("hc-test", check.Test.ToString())
            .Add("hc-timeout", check.Timeout == Default.Timeout ? null : Duration.Format(check.Timeout))
            .Add("hc-count", check.Count == Default.Count ? null : check.Count.ToString(CultureInfo.InvariantCulture))
            .Add("hc-interval", check.Interval == Default.Interval ? null : Duration.Format(check.Interval))
            .Add("hc-rise", check.Rise == Default.Rise ? null : check.Rise.ToString(CultureInfo.InvariantCulture))
            .Add("hc-fast", check.Fast is { } fast ? Duration.Format(fast) : null);
        AddTest(keys, check.Test);
        return ["create-healthcheck", .. check.DefaultPing ? Array.Empty<string>() : ["-n"], "-h", keys.ToString(), check.Name];
    }

    private static KeyText AddTest(KeyText keys, HealthTest test) => test switch
    {
        TcpTest tcp => keys.Add("send", tcp.Send).Add("expect", tcp.Expect),
        UdpTest udp => keys.Add("send", udp.Send).Add("expect", udp.Expect),
        HttpsTest https => AddTls(AddWeb(keys, https), https.Tls),
        WebTest web => AddWeb(keys, web),
        TlsTest tls => AddTls(keys, tls.Tls),
        DnsTest dns => keys.Add("query", dns.Query).Add("qtype", dns.Type == "A" ? null : dns.Type).Add("answer", dns.Answer),
        GrpcTest grpc => keys.Add("service", grpc.Service),
        ProductTest product => keys.Add("probe", product.Probe),
        _ => keys,
    };

    private static KeyText AddWeb(KeyText keys, WebTest web) => keys
        .Add("method", web.Method == DefaultWeb.Method ? null : web.Method)
        .Add("path", web.Path == DefaultWeb.Path ? null : web.Path)
        .Add("host", web.Host)
        .Add("header", web.Headers)
        .Add("status", web.Status == DefaultWeb.Status ? [] : [.. web.Status.Select(static range => range.ToString())])
        .Add("body", web.Body)
        .Add("redirect", web.Redirect ? "yes" : null);

    private static KeyText AddTls(KeyText keys, TlsSettings tls) => keys
        .Add("tls-name", tls.Name)
        .Add("ca", tls.Ca)
        .Add("cert", tls.Certificate)
        .Add("key", tls.Key)
        .Add("verify", tls.Verify ? null : "no")
        .Add("min-valid", tls.MinimumDays?.ToString(CultureInfo.InvariantCulture));
}
