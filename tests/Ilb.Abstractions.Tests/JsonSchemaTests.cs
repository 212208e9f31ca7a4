using System.Net;
using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class JsonSchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load();

    private static TlsSettings FullTls => new() { Name = "h", Ca = "/ca", Certificate = "/cert", Key = "/key", MinimumDays = 7 };

    // Together they are no valid rule: it is written, not read.
    private static Rule FullRule => new()
    {
        Name = "web",
        Topology = Topology.Tun,
        ServerGroup = "web",
        FirewallMark = new FirewallMark { Mark = 1, Family = IpFamily.Inet6 },
        Interface = "eth0",
        ProxySource = AddressSpan.Parse("2001:db8::1-2001:db8::2"),
        Persistence = new Persistence { PrefixLength = 64, Engine = PersistenceEngine.Sip },
        HashPort = true,
        Fallback = true,
        OnePacket = true,
        Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 1, Checksum = TunnelChecksum.Remote },
        ConnectionDrain = TimeSpan.FromSeconds(1),
        NatTimeout = TimeSpan.FromMinutes(1),
        SlowStart = TimeSpan.FromSeconds(9),
        OnDisable = DisabledTraffic.Pass,
        Sorry = new SorryGroup { ServerGroup = "s" },
        Number = 1,
        Passive = new PassiveDetection { Connections = 5 },
    };

    private static readonly Configuration Full = new()
    {
        ServerGroups =
        [
            new ServerGroup
            {
                Name = "web",
                NextNumber = 8,
                Servers = [new Server { Number = 7, Address = IPAddress.Parse("10.0.0.1"), Host = "web.example", Ports = new PortRange(80, 90), MaximumConnections = 7, MinimumConnections = 3 }],
            },
        ],
        HealthChecks =
        [
            new HealthCheck { Name = "web", Fast = TimeSpan.FromMilliseconds(500), Test = new HttpsTest { Host = "h", Body = "b", Headers = ["A: b"], Tls = FullTls } },
            new HealthCheck { Name = "http", Test = new HttpTest { Host = "h", Body = "b", Headers = ["A: b"] } },
            new HealthCheck { Name = "tcp", Test = new TcpTest { Send = "a", Expect = "b" } },
            new HealthCheck { Name = "udp", Test = new UdpTest { Send = "a", Expect = "b" } },
            new HealthCheck { Name = "tls", Test = new TlsTest { Tls = FullTls } },
            new HealthCheck { Name = "dns", Test = new DnsTest { Query = "a", Answer = "b" } },
            new HealthCheck { Name = "grpc", Test = new GrpcTest { Service = "a" } },
            new HealthCheck { Name = "product", Test = new ProductTest { Probe = "a" } },
        ],
        Rules = [FullRule with { Name = "web", Vip = IPAddress.Parse("2001:db8::1"), Ports = 80, Topology = Topology.Tun, ServerGroup = "web", Health = new RuleHealth { Check = "web", OnDead = DeadAction.Cut, Panic = new Percentage(50) } }],
        FailoverGroups = [new FailoverGroup { Name = "f", VirtualRouterId = 51, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1/24")] }],
    };

    [Property(MaxTest = 100)]
    public void What_is_written_fits_the_schema(int seed) => Assert.Empty(Schema.Check(IlbJson.Serialize(Generate.Configuration(new Random(seed)))));

    [Fact]
    public void The_schema_has_exactly_the_members_that_there_are()
    {
        var json = JsonDocument.Parse(IlbJson.Serialize(Full)).RootElement;
        var group = json.GetProperty("serverGroups")[0];
        Assert.Equal(Names(json).Prepend("$schema"), Names(Schema.Root.GetProperty("properties")));
        Assert.Equal(Names(group), Names(Definition("serverGroup")));
        Assert.Equal(Names(group.GetProperty("servers")[0]), Names(Definition("server")));
        Assert.Equal(Names(json.GetProperty("rules")[0]), Names(Definition("rule")));
        Assert.Equal(Names(json.GetProperty("rules")[0].GetProperty("health")), Names(Definition("ruleHealth")));
        Assert.Equal(Names(json.GetProperty("failoverGroups")[0]), Names(Definition("failoverGroup")));
        foreach (var (member, definition) in new[] { ("fwmark", "firewallMark"), ("persistence", "persistence"), ("tunnel", "tunnel"), ("sorry", "sorry"), ("passive", "passive") })
            Assert.Equal(Names(json.GetProperty("rules")[0].GetProperty(member)), Names(Definition(definition)));
        Assert.Equal(Names(json.GetProperty("healthChecks")[0]), Names(Definition("healthCheck")));
        Assert.Equal(Names(json.GetProperty("healthChecks")[0].GetProperty("test").GetProperty("tls")), Names(Definition("tls")));
        foreach (var test in json.GetProperty("healthChecks").EnumerateArray().Select(static check => check.GetProperty("test")))
            Assert.Equal(Names(test), Names(Definition($"{test.GetProperty("kind").GetString()!.ToLowerInvariant()}Test")));
        Assert.Empty(Schema.Check(IlbJson.Serialize(Full)));
    }

    [Fact]
    public void The_schema_has_exactly_the_words_that_there_are()
    {
        Assert.Equal(AlgorithmNames.All.Order(), Words("algorithm"));
        Assert.Equal(TopologyNames.All.Order(), Words("topology"));
        Assert.Equal(ProtocolNames.All.Order(), Words("protocol"));
    }

    [Theory]
    [InlineData("\"format\": 1", "\"$schema\": \"ilb.schema.json\",\n\"format\": 1")]
    [InlineData("\"address\": \"2001:db8:1::1\"", "\"address\": \"[2001:db8:1::1]\"")]
    [InlineData("\"ports\": 80", "\"ports\": \"80\"")]
    [InlineData("\"ports\": 80", "\"ports\": \"1-65535\"")]
    [InlineData("\"weight\": 1", "\"weight\": 65535")]
    [InlineData("\"timeout\": 5", "\"timeout\": \"00000000000005s\"")]
    [InlineData("\"panic\": \"50%\"", "\"panic\": \"050%\"")]
    [InlineData("\"port\": \"ANY\"", "\"port\": \"80\"")]
    [InlineData("\"quorum\": 1", "\"quorum\": \"3\"")]
    [InlineData("\"quorum\": 1", "\"quorum\": \"100%\"")]
    public void What_the_reader_takes_the_schema_takes_too(string from, string to)
    {
        var rule = new Rule { Name = "r", Vip = IPAddress.Parse("2001:db8::1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g", Health = new RuleHealth { Check = "h", Panic = new Percentage(50) }, Sorry = new SorryGroup { ServerGroup = "s" } };
        var text = Encoding.UTF8.GetString(IlbJson.Serialize(new Configuration
        {
            ServerGroups = [new ServerGroup { Name = "g", Servers = ServerSpec.Parse("[2001:db8:1::1]") }, new ServerGroup { Name = "s", Servers = ServerSpec.Parse("[2001:db8:1::2]") }],
            HealthChecks = [new HealthCheck { Name = "h", Test = new TcpTest() }],
            Rules = [rule],
        }));
        Assert.Contains(from, text, StringComparison.Ordinal);
        var json = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        Assert.Single(IlbJson.DeserializeConfiguration(json).Rules);
        Assert.Empty(Schema.Check(json));
    }

    [Theory]
    [InlineData("\"ports\": 80", "\"ports\": \"65536\"")]
    [InlineData("\"ports\": 80", "\"ports\": \"0-80\"")]
    [InlineData("\"name\": \"web\"", "\"name\": \"-\"")]
    [InlineData("\"weight\": 1", "\"weight\": 65536")]
    [InlineData("\"ports\": 80", "\"ports\": 0")]
    [InlineData("\"address\": \"10.0.0.1\"", "\"address\": \"x.y\"")]
    [InlineData("\"TUN\"", "\"TUNNEL\"")]
    [InlineData("\"format\": 1", "\"format\": 2")]
    [InlineData("\"enabled\": true", "\"enabled\": 1")]
    [InlineData("\"rules\"", "\"rulez\"")]
    [InlineData("\"ports\": 80", "\"ports\": \"080\"")]
    [InlineData("\"port\": \"ANY\"", "\"port\": \"080\"")]
    public void What_the_schema_refuses_the_reader_refuses_too(string from, string to)
    {
        var text = Encoding.UTF8.GetString(IlbJson.Serialize(Full));
        Assert.Contains(from, text, StringComparison.Ordinal);
        var json = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        Assert.NotEmpty(Schema.Check(json));
        Assert.Throws<IlbException>(() => IlbJson.DeserializeConfiguration(json));
    }

    [Fact]
    public void The_example_of_the_manual_is_a_configuration()
    {
        var manual = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configuration.md"));
        var example = Encoding.UTF8.GetBytes(manual.Split("```json")[1].Split("```")[0]);
        Assert.Empty(Schema.Check(example));
        Assert.Equal("web", Assert.Single(IlbJson.DeserializeConfiguration(example).Rules).Name);
    }

    private static JsonElement Definition(string name) => Schema.Root.GetProperty("$defs").GetProperty(name).GetProperty("properties");

    private static List<string> Names(JsonElement value) => [.. value.EnumerateObject().Select(static member => member.Name).Order()];

    private static IEnumerable<string> Words(string member) => Definition("rule").GetProperty(member).GetProperty("enum").EnumerateArray().Select(static word => word.GetString()!).Order();
}
