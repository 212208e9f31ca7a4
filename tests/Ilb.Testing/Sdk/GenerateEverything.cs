using System.Net;

namespace Ilb.Testing;

/// <summary>Random valid values of all that the vocabulary can say, also what the engine does not do yet; from a seeded source.</summary>
public static class GenerateEverything
{
    // What a shell, a list of keys, or a line could take for its own; and what is more than a byte or a character.
    private static readonly string[] Pieces = ["a", "B", "7", " ", "  ", "\t", "\n", "\r\n", ",", "=", "\"", "'", "\\", "#", "$HOME", "`id`", ";", "%", "~", "*", "[", "é", "漢", "😀", "\u0001", "\u2028", "--", "-h"];
    private static readonly string[] Names = ["web", "Web", "dns.internal", "a", "0", "x_y-z.1", "add-server", new('n', 63)];

    public static Configuration Configuration(Random random)
    {
        var configuration = new Configuration
        {
            ServerGroups = Some(random, 4).Select(place => Group(random, Names[place])).ToValueList(),
            HealthChecks = Some(random, 4).Select(place => HealthCheck(random, Names[place])).ToValueList(),
        };
        for (var i = configuration.ServerGroups.Count == 0 ? 0 : random.Next(6); i > 0; i--)
        {
            var rule = Rule(random, Names[i], configuration);
            rule = rule with { Number = rule.Topology == Topology.Nat || (rule.FirewallMark is null && (rule.Ports is not { Count: 1 } || rule.OnDisable == DisabledTraffic.Pass)) ? (uint)((i * 7) + random.Next(7)) : null };
            var next = configuration with { Rules = [.. configuration.Rules, rule] };
            if (next.Validate().Count == 0)
                configuration = next;
        }

        return configuration;
    }

    /// <summary>A text of odd characters; not empty.</summary>
    public static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => Pick(random, Pieces)));

    private static ServerGroup Group(Random random, string name)
    {
        var isV6 = random.Next(2) == 0;
        var servers = Some(random, 5).Select(place =>
        {
            var maximum = Maybe(random, () => random.Next(1, int.MaxValue));
            return new Server
            {
                Number = random.Next(3) == 0 ? (uint)(random.Next(100) * 10 + place) : random.Next(50) == 0 ? uint.MaxValue - (uint)place : null,
                Address = Address(random, isV6, place + 1),
                Host = random.Next(4) == 0 ? "Host.example" : null,
                Ports = Maybe(random, () => Ports(random)),
                Enabled = random.Next(3) > 0,
                Weight = random.Next(3) == 0 ? random.Next(Server.MaximumWeight + 1) : 1,
                MaximumConnections = maximum,
                MinimumConnections = maximum is { } limit ? Maybe(random, () => random.Next(1, limit)) : null,
            };
        });
        var group = new ServerGroup { Name = name, Servers = servers.ToValueList(), NextNumber = random.Next(4) == 0 ? random.Next(2000) : 0 }.WithNumbers();
        // Numbers that have run out leave servers without; numbers that were drawn twice are no group.
        return group.Servers.All(static server => server.Number is not null) && group.Validate().Count == 0 ? group : Group(random, name);
    }

    private static HealthCheck HealthCheck(Random random, string name)
    {
        var check = new HealthCheck
        {
            Name = name,
            Test = Test(random),
            Timeout = random.Next(2) == 0 ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(random.Next(1, 9000)),
            Count = random.Next(1, 5),
            Interval = random.Next(2) == 0 ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(random.Next(1, 86_400_000)),
            Rise = random.Next(1, 3),
            Fast = Maybe(random, () => TimeSpan.FromMilliseconds(random.Next(1, 5000))),
            DefaultPing = random.Next(3) > 0,
        };
        return check.Validate().Count == 0 ? check : HealthCheck(random, name);
    }

    private static HealthTest Test(Random random) => random.Next(12) switch
    {
        0 => new PingTest(),
        1 => new TcpTest { Send = Maybe(random, () => Text(random)), Expect = Maybe(random, () => Text(random)) },
        2 => new UdpTest { Send = Maybe(random, () => Text(random)), Expect = Maybe(random, () => Text(random)) },
        3 => new SctpTest(),
        4 => new HttpTest
        {
            Method = Pick(random, "GET", "HEAD", "POST"),
            Path = Pick(random, "/", "/health?a=b,c&d=\"e\"", "/é'\\"),
            Host = Maybe(random, () => "www.example:8080"),
            Headers = Some(random, 3).Select(place => $"X-{place}: {Text(random)}").Where(static header => !header.Any(char.IsControl)).ToValueList(),
            Status = random.Next(2) == 0 ? [new HttpStatusRange(200, 399)] : [200, new HttpStatusRange(300, 302)],
            Body = Maybe(random, () => Text(random)),
            Redirect = random.Next(2) == 0,
        },
        5 => new HttpsTest { Body = Maybe(random, () => Text(random)), Tls = Tls(random) },
        6 => new TlsTest { Tls = Tls(random) },
        7 => new DnsTest { Query = "example.org", Type = Pick(random, "A", "AAAA", "TXT"), Answer = Maybe(random, () => Text(random)) },
        8 => new SmtpTest(),
        9 => new GrpcTest { Service = Maybe(random, () => Text(random)) },
        10 => new ProductTest { Probe = "queue" },
        _ => new ScriptTest { Path = $"/usr/lib/{Text(random)}/probe" },
    };

    private static TlsSettings Tls(Random random)
    {
        var hasCertificate = random.Next(2) == 0;
        return new TlsSettings
        {
            Name = Maybe(random, () => "www.example"),
            Ca = Maybe(random, () => "/etc/ssl/my ca,1.pem"),
            Certificate = hasCertificate ? "/etc/ssl/a=b.pem" : null,
            Key = hasCertificate ? "/etc/ssl/\"key\".pem" : null,
            Verify = random.Next(2) == 0,
            MinimumDays = Maybe(random, () => random.Next(3651)),
        };
    }

    private static Rule Rule(Random random, string name, Configuration configuration)
    {
        var group = configuration.ServerGroups[random.Next(configuration.ServerGroups.Count)];
        var isV6 = group.Servers.Count == 0 ? random.Next(2) == 0 : group.Servers[0].Address!.GetAddressBytes().Length == 16;
        var isMark = random.Next(4) == 0;
        var topology = (Topology)random.Next(4);
        var source = Address(random, isV6, 200);
        return new Rule
        {
            Name = name,
            Enabled = random.Next(2) == 0,
            FirewallMark = isMark ? new FirewallMark { Mark = (uint)random.Next(1, int.MaxValue), Family = isV6 ? IpFamily.Inet6 : IpFamily.Inet } : null,
            Vip = isMark ? null : Address(random, isV6, 100 + random.Next(3)),
            Protocol = isMark ? Protocol.Tcp : (Protocol)random.Next(3),
            Ports = isMark ? null : Maybe(random, () => Ports(random)),
            Interface = isMark ? null : Maybe(random, () => Pick(random, "eth0", "a,b", "x='\"\\")),
            Topology = topology,
            ServerGroup = group.Name,
            Algorithm = (Algorithm)random.Next(17),
            HashPort = random.Next(8) == 0,
            Fallback = random.Next(8) == 0,
            OnePacket = random.Next(8) == 0,
            ProxySource = topology == Topology.Nat ? random.Next(2) == 0 ? new AddressSpan(source) : new AddressSpan(source, Following(source, 5)) : null,
            Tunnel = topology == Topology.Tun ? Maybe(random, () => new Tunnel
            {
                Kind = (TunnelKind)random.Next(3),
                Port = Maybe(random, () => random.Next(1, 65536)),
                Checksum = (TunnelChecksum)random.Next(3),
            }) : null,
            Persistence = Maybe(random, () => new Persistence
            {
                PrefixLength = Maybe(random, () => random.Next(isV6 ? 1 : 0, 33)),
                Timeout = TimeSpan.FromSeconds(random.Next(2) == 0 ? 60 : random.Next(1, 1000)),
                Engine = random.Next(8) == 0 ? PersistenceEngine.Sip : null,
            }),
            Health = configuration.HealthChecks.Count == 0 || random.Next(2) == 0 ? null : new RuleHealth
            {
                Check = configuration.HealthChecks[random.Next(configuration.HealthChecks.Count)].Name,
                Port = random.Next(3) switch { 0 => HealthPort.Any, 1 => HealthPort.All, _ => 8080 },
                OnDead = Maybe(random, () => (DeadAction)random.Next(2)),
                Start = (StartState)random.Next(2),
                Panic = random.Next(2) == 0 ? null : new Percentage(random.Next(1, 100)),
            },
            Passive = topology is Topology.HalfNat or Topology.Nat && random.Next(3) == 0 ? new PassiveDetection { Connections = random.Next(1, 99), Hold = TimeSpan.FromSeconds(random.Next(2) == 0 ? 60 : random.Next(1, 999)) } : null,
            ConnectionDrain = TimeSpan.FromSeconds(random.Next(3) * 90),
            NatTimeout = Maybe(random, () => TimeSpan.FromSeconds(random.Next(1, 4000))),
            SlowStart = random.Next(8) == 0 ? TimeSpan.FromSeconds(random.Next(1, 4000)) : null,
            OnDisable = (DisabledTraffic)random.Next(2),
            Sorry = random.Next(3) > 0 ? null : new SorryGroup
            {
                ServerGroup = Pick(random, [.. configuration.ServerGroups.Select(static other => other.Name)]),
                Quorum = random.Next(2) == 0 ? new Quorum(random.Next(1, 4)) : new Quorum(new Percentage(random.Next(1, 60))),
                Hysteresis = random.Next(3) switch { 0 => new Quorum(random.Next(3)), 1 => new Quorum(new Percentage(random.Next(40))), _ => 0 },
            },
        };
    }

    private static PortRange Ports(Random random) => random.Next(2) == 0 ? random.Next(80, 83) : new PortRange(8000, 8000 + random.Next(1, 10));

    private static IPAddress Address(Random random, bool isV6, int place) => IPAddress.Parse(isV6 ? $"2001:db8::{random.Next(4):x}:{place:x}" : $"192.0.2.{place}");

    private static IPAddress Following(IPAddress address, byte distance)
    {
        var bytes = address.GetAddressBytes();
        bytes[^1] += distance;
        return new IPAddress(bytes);
    }

    private static IEnumerable<int> Some(Random random, int most) => Enumerable.Range(0, most).Where(_ => random.Next(2) == 0);

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    private static T? Maybe<T>(Random random, Func<T> make)
        where T : class => random.Next(2) == 0 ? make() : null;

    private static int? Maybe(Random random, Func<int> make) => random.Next(2) == 0 ? make() : null;

    private static TimeSpan? Maybe(Random random, Func<TimeSpan> make) => random.Next(2) == 0 ? make() : null;

    private static DeadAction? Maybe(Random random, Func<DeadAction> make) => random.Next(2) == 0 ? make() : null;
}
