using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>
/// Every service that protocol, family, scheduler, scheduler options, persistence, persistence engine and one-packet scheduling make, each with a destination of
/// every forwarding and, going round, every pair of weight and thresholds.
/// </summary>
internal static class Combinations
{
    // Marks stand for services without a protocol.
    private static readonly IpvsProtocol?[] Protocols = [IpvsProtocol.Tcp, IpvsProtocol.Udp, IpvsProtocol.Sctp, null];

    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private static readonly IpvsSchedulerOptions[] Options =
        [IpvsSchedulerOptions.None, IpvsSchedulerOptions.Fallback, IpvsSchedulerOptions.Port, IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port];

    // Seven members, three at a time.
    private const int TripleKinds = 35;

    private static readonly int[] Weights = [1, 0, 65_535, 65_536, 1_000_000, int.MaxValue];

    private static readonly (uint Upper, uint Lower)[] Thresholds = [(0, 0), (10, 0), (10, 5), (int.MaxValue, int.MaxValue)];

    /// <summary>Ways of forwarding; those of tunnels cross families too.</summary>
    private static readonly (IpvsForwarding Method, IpvsTunnel Tunnel, bool Crossing)[] Ways =
    [
        (IpvsForwarding.Masquerading, default, false),
        (IpvsForwarding.DirectRouting, default, false),
        (IpvsForwarding.Tunnel, default, false),
        (IpvsForwarding.Tunnel, new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 6080 }, false),
        (IpvsForwarding.Tunnel, new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 1, Checksum = IpvsTunnelChecksum.Full }, true),
        (IpvsForwarding.Tunnel, new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 65_535, Checksum = IpvsTunnelChecksum.Remote }, false),
        (IpvsForwarding.Tunnel, new IpvsTunnel { Kind = IpvsTunnelKind.Gre }, true),
        (IpvsForwarding.Tunnel, new IpvsTunnel { Kind = IpvsTunnelKind.Gre, Checksum = IpvsTunnelChecksum.Full }, false),
        (IpvsForwarding.Tunnel, default, true),
    ];

    /// <summary>All services: 4 protocols × 2 families × 14 schedulers × 4 options × 3 persistences × with and without engine × with and without one-packet.</summary>
    public static IEnumerable<IpvsService> Services()
    {
        int number = 0;
        foreach (var protocol in Protocols)
        {
            foreach (var family in Families)
            {
                foreach (string scheduler in IpvsSchedulers.All)
                {
                    foreach (var options in Options)
                    {
                        foreach (var persistence in Persistences(family))
                        {
                            foreach (string? engine in (string?[])[null, "sip"])
                            {
                                foreach (bool onePacket in (bool[])[false, true])
                                {
                                    yield return new IpvsService
                                    {
                                        Key = Key(protocol, family, ++number),
                                        Scheduler = scheduler,
                                        SchedulerOptions = options,
                                        Persistence = persistence,
                                        PersistenceEngine = engine,
                                        OnePacket = onePacket,
                                    };
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>Of these services the few among which each three members meet in every way that they meet in all of them.</summary>
    /// <param name="services">Services of <see cref="Services"/>.</param>
    public static IReadOnlyList<IpvsService> Cover(IEnumerable<IpvsService> services)
    {
        // Triples as numbers: looked up by value, they would take longer than the kernel's part of the test.
        var numbers = new Dictionary<(int, object?, object?, object?), int>();
        // The largest mark first, which is there only once.
        var open = services.OrderByDescending(static service => service.Key.FirewallMark == int.MaxValue).Select(service => (Service: service, Triples: Triples(service).Select(Number).ToArray())).ToList();
        var met = new bool[numbers.Count];
        var chosen = new List<IpvsService>();
        // Services that bring much that is new come first: a threshold that falls is nearly as good as looking for the best.
        for (var least = TripleKinds; least > 0; least--)
        {
            foreach (var (service, triples) in open)
            {
                if (triples.Count(triple => !met[triple]) < least)
                    continue;
                Array.ForEach(triples, triple => met[triple] = true);
                chosen.Add(service);
            }

            open.RemoveAll(candidate => Array.TrueForAll(candidate.Triples, triple => met[triple]));
        }

        return chosen;

        int Number((int, object?, object?, object?) triple)
        {
            numbers.TryAdd(triple, numbers.Count);
            return numbers[triple];
        }
    }

    /// <summary>Each three members of a service, with their values.</summary>
    public static IEnumerable<(int Kind, object? First, object? Second, object? Third)> Triples(IpvsService service)
    {
        object?[] members =
        [
            service.Key.Protocol, service.Key.Family, service.Scheduler, service.SchedulerOptions, service.Persistence?.Timeout,
            service.PersistenceEngine, service.OnePacket,
        ];
        var kind = 0;
        for (var i = 0; i < members.Length; i++)
        {
            for (var j = i + 1; j < members.Length; j++)
            {
                for (var k = j + 1; k < members.Length; k++)
                    yield return (kind++, members[i], members[j], members[k]);
            }
        }
    }

    /// <summary>The destinations of the service of a number: one for each way of forwarding.</summary>
    public static IReadOnlyList<IpvsDestination> Destinations(IpvsServiceKey service, int number)
    {
        var destinations = new IpvsDestination[Ways.Length];
        for (int way = 0; way < Ways.Length; way++)
        {
            var (method, tunnel, crossing) = Ways[way];
            // 9 ways, 6 weights and 4 thresholds: what goes round meets everything.
            int turn = number * Ways.Length + way + number / Weights.Length;
            var (upper, lower) = Thresholds[turn / Weights.Length % Thresholds.Length];
            bool six = (service.Family == AddressFamily.InterNetworkV6) != crossing;
            destinations[way] = new IpvsDestination
            {
                Address = six ? IPAddress.Parse($"2001:db8:1::{number % 65_535 + 1:x}:{way + 1:x}") : new IPAddress([10, (byte)(1 + way), (byte)(number / 250), (byte)(1 + number % 250)]),
                Port = method == IpvsForwarding.Masquerading ? (ushort)(1 + number * 7 % 65_535) : service.Port,
                Forwarding = method,
                Tunnel = tunnel,
                Weight = Weights[turn % Weights.Length],
                UpperThreshold = upper,
                LowerThreshold = lower,
            };
        }

        return destinations;
    }

    private static IpvsServiceKey Key(IpvsProtocol? protocol, AddressFamily family, int number) => protocol is not { } known
        // ipvsadm prints marks from 2^31 on as negative numbers.
        ? IpvsServiceKey.ForFirewallMark(number == 5_000 ? int.MaxValue : (uint)number, family)
        : IpvsServiceKey.ForAddress(
            known,
            family == AddressFamily.InterNetworkV6 ? IPAddress.Parse($"2001:db8::{number % 9:x}:{number:x}") : new IPAddress([198, 18, (byte)(number / 250), (byte)(1 + number % 250)]),
            (ushort)(1 + number * 13 % 65_535));

    private static IEnumerable<IpvsPersistence?> Persistences(AddressFamily family) =>
    [
        null,
        new IpvsPersistence { Timeout = TimeSpan.FromSeconds(1) },
        family == AddressFamily.InterNetworkV6
            ? new IpvsPersistence { Timeout = TimeSpan.FromSeconds(300), Netmask = IpvsNetmask.FromPrefixLength(64, family) }
            : new IpvsPersistence { Timeout = TimeSpan.FromSeconds(300), Netmask = IpvsNetmask.FromAddress(IPAddress.Parse("255.255.252.0")) },
    ];
}
