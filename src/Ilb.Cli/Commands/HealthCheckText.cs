namespace Ilb.Cli.Commands;

/// <summary>What <c>-h</c> says of a health check, in the model.</summary>
internal static class HealthCheckText
{
    public static readonly Key[] Keys =
    [
        new() { Name = "hc-test", Form = "TEST", Help = "PING, TCP, UDP, SCTP, HTTP, HTTPS, TLS, DNS, SMTP, GRPC, PRODUCT, or the absolute path of a program; required" },
        new() { Name = "hc-timeout", Form = "TIME", Help = "how long one probe may take; default 5" },
        new() { Name = "hc-count", Form = "N", Help = "after how many failures in a row a server is dead, 1-1000; default 3" },
        new() { Name = "hc-interval", Form = "TIME", Help = "how long after a check the next begins, longer than hc-timeout x hc-count, up to 1d; default 30" },
        new() { Name = "hc-rise", Form = "N", Help = "after how many successes in a row a server is alive, 1-1000; default 1" },
        new() { Name = "hc-fast", Form = "TIME", Help = "the interval while the state is uncertain, shorter than hc-interval; default as ever" },
        new() { Name = "send", Form = "TEXT", Help = "TCP, UDP: what is sent; default nothing" },
        new() { Name = "expect", Form = "TEXT", Help = "TCP, UDP: what the answer must begin with; default no answer is awaited" },
        new() { Name = "method", Form = "METHOD", Help = "HTTP, HTTPS: default GET" },
        new() { Name = "path", Form = "/PATH", Help = "HTTP, HTTPS: default /" },
        new() { Name = "host", Form = "HOST", Help = "HTTP, HTTPS: the host of the request; default the server's address" },
        new() { Name = "header", IsList = true, Form = "\"NAME: VALUE\",...", Help = "HTTP, HTTPS: more headers; default none" },
        new() { Name = "status", IsList = true, Form = "N[-N],...", Help = "HTTP, HTTPS: the statuses of a server that is alive; default 200-399" },
        new() { Name = "body", Form = "TEXT", Help = "HTTP, HTTPS: what the body must contain; default anything" },
        new() { Name = "redirect", Form = "yes|no", Help = "HTTP, HTTPS: redirections to the same server are followed; default no" },
        new() { Name = "tls-name", Form = "NAME", Help = "HTTPS, TLS: the server's name; default HTTP's host, else the address" },
        new() { Name = "ca", Form = "FILE", Help = "HTTPS, TLS: the certificates that the server's must come from; default those that the system trusts" },
        new() { Name = "cert", Form = "FILE", Help = "HTTPS, TLS: a certificate of our own, with key; default none" },
        new() { Name = "key", Form = "FILE", Help = "HTTPS, TLS: the key of cert" },
        new() { Name = "verify", Form = "yes|no", Help = "HTTPS, TLS: the server's certificate must be valid; default yes" },
        new() { Name = "min-valid", Form = "DAYS", Help = "HTTPS, TLS: for how many days it must still be valid, 0-3650; default it need only be valid now" },
        new() { Name = "query", Form = "NAME", Help = "DNS: the name that is asked for; required" },
        new() { Name = "qtype", Form = "TYPE", Help = "DNS: A (default), AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT" },
        new() { Name = "answer", Form = "TEXT", Help = "DNS: what a record of the answer must be; default any answer will do" },
        new() { Name = "service", Form = "NAME", Help = "GRPC: the service that is asked for; default the server as a whole" },
        new() { Name = "probe", Form = "NAME", Help = "PRODUCT: the probe, as the product that the load balancer runs in registers it; required" },
    ];

    /// <summary>The health check with what is given.</summary>
    public static HealthCheck With(HealthCheck check, KeyList keys)
    {
        if (keys.IsNew)
            keys.Require("hc-test");
        var defaults = new HealthCheck { Name = "", Test = check.Test };
        return check with
        {
            Test = WithSettings(Test(check.Test, keys), keys),
            Timeout = keys.Value("hc-timeout", check.Timeout, defaults.Timeout, Duration.Parse),
            Count = keys.Value("hc-count", check.Count, defaults.Count, Count),
            Interval = keys.Value("hc-interval", check.Interval, defaults.Interval, Duration.Parse),
            Rise = keys.Value("hc-rise", check.Rise, defaults.Rise, Count),
            Fast = keys.Value<TimeSpan?>("hc-fast", check.Fast, null, static text => Duration.Parse(text)),
        };
    }

    // Another kind begins with its own defaults; of the same kind the settings stay.
    private static HealthTest Test(HealthTest present, KeyList keys) => keys.Value("hc-test", present, text =>
    {
        _ = HealthTestNames.TryParse(text, out var kind);
        if (kind == HealthTestKind.Dns)
            return present as DnsTest ?? new DnsTest { Query = keys.Require("query") ?? "" };
        if (kind == HealthTestKind.Product)
            return present as ProductTest ?? new ProductTest { Probe = keys.Require("probe") ?? "" };
        var test = HealthTestNames.ParseTest(text);
        return test.Kind == present.Kind && test is not ScriptTest ? present : test;
    });

    private static HealthTest WithSettings(HealthTest test, KeyList keys)
    {
        HealthTest result = test switch
        {
            TcpTest tcp => tcp with { Send = Text("send", tcp.Send), Expect = Text("expect", tcp.Expect) },
            UdpTest udp => udp with { Send = Text("send", udp.Send), Expect = Text("expect", udp.Expect) },
            HttpsTest https => (HttpsTest)Web(https) with { Tls = Tls(https.Tls) },
            HttpTest http => Web(http),
            TlsTest tls => tls with { Tls = Tls(tls.Tls) },
            DnsTest dns => dns with
            {
                Query = keys.Value("query", dns.Query, static text => text),
                Type = keys.Value("qtype", dns.Type, "A", static text => text.ToUpperInvariant()),
                Answer = Text("answer", dns.Answer),
            },
            GrpcTest grpc => grpc with { Service = Text("service", grpc.Service) },
            ProductTest product => product with { Probe = keys.Value("probe", product.Probe, static text => text) },
            _ => test,
        };
        return result;

        string? Text(string name, string? present) => keys.Value(name, present, null, static text => text);

        WebTest Web(WebTest web)
        {
            var defaults = new HttpTest();
            return web with
            {
                Method = keys.Value("method", web.Method, defaults.Method, static text => text.ToUpperInvariant()),
                Path = keys.Value("path", web.Path, defaults.Path, static text => text),
                Host = Text("host", web.Host),
                Headers = keys.Values("header", web.Headers, defaults.Headers, static text => text),
                Status = keys.Values("status", web.Status, defaults.Status, static text => HttpStatusRange.Parse(text)),
                Body = Text("body", web.Body),
                Redirect = keys.YesOrNo("redirect", web.Redirect, defaults.Redirect),
            };
        }

        TlsSettings Tls(TlsSettings tls) => tls with
        {
            Name = Text("tls-name", tls.Name),
            Ca = Text("ca", tls.Ca),
            Certificate = Text("cert", tls.Certificate),
            Key = Text("key", tls.Key),
            Verify = keys.YesOrNo("verify", tls.Verify, true),
            MinimumDays = keys.Value<int?>("min-valid", tls.MinimumDays, null, static text => (int)KeyList.Number(text, 0, 3650)),
        };
    }

    private static int Count(string text) => (int)KeyList.Number(text, 1, HealthCheck.MaximumCount);
}
