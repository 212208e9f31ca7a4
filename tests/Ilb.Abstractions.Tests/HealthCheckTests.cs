using System.Net;
using System.Text;
using FsCheck.Xunit;

namespace Ilb.Tests;

public sealed class HealthCheckTests
{
    private static readonly HealthCheck Check = new() { Name = "h", Test = new TcpTest() };

    private static readonly Rule Rule = new() { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g", Health = new RuleHealth { Check = "h" } };

    private static readonly Configuration Site = new()
    {
        ServerGroups = [new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.1") }.WithNumbers()],
        HealthChecks = [Check, new HealthCheck { Name = "free", Test = new PingTest() }],
        Rules = [Rule],
    };

    public static TheoryData<HealthTest> Tests =>
    [
        new PingTest(), new TcpTest(), new TcpTest { Send = "a", Expect = "b" }, new UdpTest(), new UdpTest { Send = "ä\n" }, new SctpTest(), new HttpTest(),
        new HttpTest { Method = "HEAD", Path = "/x?y", Host = "h:1", Headers = ["A: b", "C:"], Status = [200, new HttpStatusRange(300, 399)], Body = "ok", Redirect = true },
        new HttpsTest(), new HttpsTest { Path = "/x", Tls = new TlsSettings { Verify = false, MinimumDays = 7 } },
        new TlsTest(), new TlsTest { Tls = new TlsSettings { Name = "a.b", Ca = "/ca", Certificate = "/c", Key = "/k" } },
        new DnsTest { Query = "." }, new DnsTest { Query = "a.b", Type = "AAAA", Answer = "::1" }, new SmtpTest(), new GrpcTest(), new GrpcTest { Service = "s" }, new ScriptTest { Path = "/bin/true" },
        new ProductTest { Probe = "queue" },
    ];

    public static TheoryData<HealthCheck, string> Refusals => new()
    {
        { Check with { Name = "-" }, "name InvalidName" },
        { Check with { Count = 6 }, "interval InvalidArgument" },
        { Check with { Timeout = TimeSpan.FromSeconds(11) }, "interval InvalidArgument" },
        { Check with { Interval = TimeSpan.FromSeconds(15) }, "interval InvalidArgument" },
        { Check with { Count = 0 }, "count InvalidArgument" },
        { Check with { Count = int.MaxValue }, "interval InvalidArgument,count InvalidArgument" },
        { Check with { Rise = 1001 }, "rise InvalidArgument" },
        { Check with { Fast = TimeSpan.FromSeconds(30) }, "fast InvalidArgument" },
        { Check with { Fast = TimeSpan.Zero }, "fast InvalidArgument" },
        { Check with { Fast = TimeSpan.FromTicks(15_000) }, "fast InvalidArgument" },
        { Check with { Timeout = TimeSpan.FromSeconds(-1) }, "timeout InvalidArgument" },
        { Check with { Interval = TimeSpan.FromDays(2) }, "interval InvalidArgument" },
        { Check with { DefaultPing = false, Test = new PingTest() }, "defaultPing InvalidArgument" },
        { Check with { DefaultPing = false, Test = new UdpTest() }, "defaultPing InvalidArgument" },
        { Check with { Test = new TcpTest { Send = "", Expect = "" } }, "test.send InvalidArgument,test.expect InvalidArgument" },
        { Check with { Test = new HttpTest { Method = "get", Path = "x", Host = "", Headers = ["a", "b c: d"], Status = [], Body = "" } }, "test.method InvalidArgument,test.path InvalidArgument,test.host InvalidArgument,test.headers[0] InvalidArgument,test.headers[1] InvalidArgument,test.status HealthCheckIncomplete,test.body InvalidArgument" },
        { Check with { Test = new HttpsTest { Tls = new TlsSettings { Name = "a b", Ca = "ca", Certificate = "/c", MinimumDays = -1 } } }, "test.tls.name InvalidArgument,test.tls.ca InvalidArgument,test.tls.key HealthCheckIncomplete,test.tls.minValid InvalidArgument" },
        { Check with { Test = new TlsTest { Tls = new TlsSettings { Key = "/k" } } }, "test.tls.cert HealthCheckIncomplete" },
        { Check with { Test = new DnsTest { Query = "", Type = "X", Answer = "" } }, "test.query HealthCheckIncomplete,test.type InvalidArgument,test.answer InvalidArgument" },
        { Check with { Test = new DnsTest { Query = "a b" } }, "test.query InvalidArgument" },
        { Check with { Test = new GrpcTest { Service = "" } }, "test.service InvalidArgument" },
        { Check with { Test = new ProductTest { Probe = "" } }, "test.probe HealthCheckIncomplete" },
        { Check with { Test = new ProductTest { Probe = "a b" } }, "test.probe InvalidName" },
        { Check with { Test = new ScriptTest { Path = "bin" } }, "test.path InvalidArgument" },
        { Check with { Test = new ScriptTest { Path = "" } }, "test.path HealthCheckIncomplete" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void All_that_is_wrong_is_told(HealthCheck check, string expected) =>
        Assert.Equal(expected, string.Join(',', check.Validate().Select(static error => $"{error.Path} {error.Code}")));

    [Theory]
    [MemberData(nameof(Tests))]
    public void A_test_survives_its_JSON_and_fits_the_schema(HealthTest test)
    {
        var configuration = new Configuration { HealthChecks = [Check with { Test = test, Interval = TimeSpan.FromMinutes(1), Fast = TimeSpan.FromMilliseconds(1500) }] };
        Assert.Empty(configuration.Validate());
        var json = IlbJson.Serialize(configuration);
        Assert.Equal(configuration, IlbJson.DeserializeConfiguration(json));
        Assert.Empty(JsonSchema.Load().Check(json));
    }

    [Theory]
    [InlineData("\"TCP\"", "TCP")]
    [InlineData("\"/bin/true\"", "/bin/true")]
    [InlineData("{ \"path\": \"/x\", \"kind\": \"HTTP\" }", "HTTP")]
    public void A_person_may_write_a_test_shortly(string json, string expected)
    {
        var check = Read($"{{ \"name\": \"h\", \"test\": {json} }}");
        Assert.Equal(expected, check.Test.ToString());
        Assert.Equal(Check with { Test = check.Test }, check);
    }

    [Theory]
    [InlineData("\"HTTPX\"", "'HTTPX' is not a health test: it is one of PING, TCP, UDP, SCTP, HTTP, HTTPS, TLS, DNS, SMTP, GRPC, PRODUCT or the absolute path of a program")]
    [InlineData("\"tcp\"", "'tcp' is written 'TCP' here")]
    [InlineData("{ \"kind\": \"tcp\" }", "'tcp' is written 'TCP' here")]
    [InlineData("\"DNS\"", "a DNS test needs the name that it asks for")]
    [InlineData("\"SCRIPT\"", "a SCRIPT test needs the path of a program")]
    [InlineData("{ \"path\": \"/x\" }", "the member \"kind\" of the health test is missing")]
    [InlineData("{ \"kind\": \"X\" }", "'X' is not a kind of health test")]
    [InlineData("{ \"kind\": \"TCP\", \"path\": \"/x\" }", "'path'")]
    [InlineData("{ \"kind\": 7 }", "the kind of a health test is a text")]
    [InlineData("7", "a health test is a text such as \"TCP\" or an object")]
    [InlineData("\"TCP\", \"timeout\": 0", "a duration longer than 0 is expected")]
    [InlineData("\"TCP\", \"timeout\": \"5 s\"", "'5 s' is not a duration")]
    [InlineData("\"TCP\", \"timeout\": 1.5", "a duration is a whole number of seconds or a text")]
    public void A_damaged_test_is_refused(string test, string message)
    {
        var refused = Assert.Throws<IlbException>(() => Read($"{{ \"name\": \"h\", \"test\": {test} }}"));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, refused.Errors[0].Line);
    }

    [Fact]
    public void Changes_of_health_checks()
    {
        Assert.Empty(Site.Validate());
        Assert.Equal(Site.HealthChecks, new CreateHealthCheck { HealthCheck = Site.HealthChecks[1] }.ApplyTo(Site with { HealthChecks = [Check] }).HealthChecks);
        Assert.Equal([Check], new DeleteHealthChecks { Names = ["free"] }.ApplyTo(Site).HealthChecks);
        Assert.Equal("AlreadyExists: health check 'h' exists already", Refused(new CreateHealthCheck { HealthCheck = Check }));
        Assert.Equal("InvalidArgument: no health check is named", Refused(new DeleteHealthChecks { Names = [] }));
        Assert.Equal("NotFound: health check 'x' does not exist\nInUse: health check 'h' is used by rule 'r'", Refused(new DeleteHealthChecks { Names = ["x", "h", "x"] }));
    }

    [Fact]
    public void A_rule_and_its_health_check_go_together()
    {
        Assert.Equal("NotFound: rule 's': health check 'x' does not exist", Create(Rule with { Health = new RuleHealth { Check = "x" } }));
        Assert.Equal("NotFound: rule 's': the name of the health check is missing", Create(Rule with { Health = new RuleHealth { Check = "" } }));
        Assert.Equal("HealthCheckMismatch: rule 's': the TCP test of health check 'h' does not go with protocol UDP", Create(Rule with { Protocol = Protocol.Udp }));
        Assert.Equal("HealthCheckMismatch: rule 's': a rule of all ports needs the number of the port to check (hc-port)", Create(Rule with { Ports = null }));
        Assert.Equal("InvalidArgument: rule 's': panic 100% is out of range, allowed is 1% to 99%", Create(Rule with { Health = new RuleHealth { Check = "h", Panic = new Percentage(100) } }));
        Assert.Equal("InvalidArgument: rule 's': onDead 9 does not exist\nInvalidArgument: rule 's': start 9 does not exist", Create(Rule with { Health = new RuleHealth { Check = "h", OnDead = (DeadAction)9, Start = (StartState)9 } }));
        Assert.Equal("", Create(Rule with { Ports = null, Health = new RuleHealth { Check = "h", Port = 80 } }));
        Assert.Equal("", Create(Rule with { Ports = null, Health = new RuleHealth { Check = "free" } }));

        static string Create(Rule rule) => Refused(new CreateRule { Rule = rule with { Name = "s", Vip = IPAddress.Parse("192.0.2.2") } });
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("500ms", 500)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("365d", 31_536_000_000)]
    public void A_duration_is_read(string text, long milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Duration.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1 s")]
    [InlineData("1sm")]
    [InlineData("1S")]
    [InlineData("366d")]
    [InlineData("99999999999999999999")]
    public void What_is_no_duration_is_refused(string text) => Assert.Throws<FormatException>(() => Duration.Parse(text));

    [Property(MaxTest = 200)]
    public void Text_forms_survive(uint number)
    {
        var duration = TimeSpan.FromMilliseconds(number % 10 == 0 ? number * 1000L % 31_536_000_000 : number);
        Assert.Equal(duration, Duration.Parse(Duration.Format(duration)));
        var percentage = new Percentage((int)(number % 101));
        Assert.Equal(percentage, Percentage.Parse(percentage.ToString()));
        var port = (number % 3) switch { 0 => HealthPort.Any, 1 => HealthPort.All, _ => new HealthPort((int)(number % 65535) + 1) };
        Assert.Equal(port, HealthPort.Parse(port.ToString()));
        var first = (int)(number % 500) + 100;
        var status = new HttpStatusRange(first, Math.Min(599, first + (int)(number % 7)));
        Assert.Equal(status, HttpStatusRange.Parse(status.ToString()));
    }

    [Theory]
    [InlineData("50", "x", "99")]
    [InlineData("101%", "0", "600")]
    [InlineData("-1%", "65536", "300-200")]
    [InlineData("%", "", "")]
    public void What_is_no_text_form_is_refused(string percentage, string port, string status)
    {
        Assert.Throws<FormatException>(() => Percentage.Parse(percentage));
        Assert.Throws<FormatException>(() => HealthPort.Parse(port));
        Assert.Throws<FormatException>(() => HttpStatusRange.Parse(status));
    }

    private static HealthCheck Read(string check) =>
        IlbJson.DeserializeConfiguration(Encoding.UTF8.GetBytes($"{{ \"format\": 1, \"healthChecks\": [ {check} ] }}")).HealthChecks[0];

    private static string Refused(Change change)
    {
        try
        {
            Assert.Empty(change.ApplyTo(Site).Validate());
            return "";
        }
        catch (IlbException e)
        {
            return string.Join('\n', e.Errors.Select(static error => $"{error.Code}: {error.Message}"));
        }
    }
}
