using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>What others have in the kernel stays as it is to the byte, whatever is done with rules of any topology.</summary>
public sealed partial class NeighbourTests : KernelTest
{
    [Fact]
    public async Task Tables_and_services_of_others_are_the_same_after_each_step()
    {
        // Names, marks, addresses and priorities that are near to ours.
        await Space.NftAsync("""
            table inet ilb-of-somebody-else {
                map ports_tcp4 { type ipv4_addr . inet_service : verdict; flags interval; elements = { 192.0.2.1 . 80 : accept }; }
                counter mark_1 { }
                set s { type ipv4_addr; flags timeout; elements = { 192.0.2.9 timeout 1d }; }
                chain mark_in { type filter hook prerouting priority mangle; policy accept; meta mark & 0xffff == 0x5 counter accept; ip daddr . tcp dport vmap @ports_tcp4; }
            }
            table ip nat {
                chain POSTROUTING { type nat hook postrouting priority srcnat; policy accept; ip daddr 203.0.113.0/24 counter masquerade; }
            }
            table ip6 filter {
                chain FORWARD { type filter hook forward priority filter; policy accept; ip6 daddr 2001:db8:9::/48 tcp dport 22 reject with tcp reset; }
            }
            """);
        await Space.IpvsadmAsync("-R", """
            -A -t 192.0.2.1:99 -s rr
            -a -t 192.0.2.1:99 -r 10.1.0.1:99 -m -w 7
            -A -u [2001:db8::1]:53 -s mh -b mh-fallback
            -a -u [2001:db8::1]:53 -r [fd00::1]:53 -i -w 1
            -A -f 7 -s wlc -p 60 -M 255.255.255.0
            -a -f 7 -r 10.1.0.1:0 -g -w 1

            """);
        var before = await LookAsync();
        Assert.Contains("-A -f 7 ", before, StringComparison.Ordinal);
        Assert.Contains("chain POSTROUTING", before, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        await using var balancer = LoadBalancer.Create(folder.Options with { NetworkNamespace = Space.Path });
        var rules = new[] { 4, 6 }.SelectMany(static family => Enum.GetValues<Topology>().Select(topology => Make(topology, family))).ToArray();
        foreach (var step in (Func<Rule, Change>[])
        [
            static rule => new CreateServerGroup { ServerGroup = new ServerGroup { Name = rule.Name, Servers = ServerSpec.Parse(rule.Vip!.AddressFamily == AddressFamily.InterNetwork ? "10.1.0.1-10.1.0.3" : "[fd00::1]-[fd00::3]") } },
            static rule => new CreateRule { Rule = rule },
            static rule => new SetRule { Name = rule.Name, Ports = new PortRange(rule.Ports!.First, rule.Ports.Last + 10) },
            static rule => new SetRule { Name = rule.Name, Algorithm = Algorithm.MaglevHashing, Persistence = new Persistence() },
            static rule => new SetServers { Servers = [First(rule)], Weight = 5 },
            static rule => new DisableServers { Servers = [First(rule)] },
            static rule => new EnableServers { Servers = [First(rule)] },
            static rule => new RemoveServers { ServerGroup = rule.Name, Servers = [ServerSelector.ById(First(rule))] },
            static rule => new DisableRules { Names = [rule.Name] },
            static rule => new EnableRules { Names = [rule.Name] },
            static rule => new DeleteRules { Names = [rule.Name] },
            static rule => new DeleteServerGroup { Name = rule.Name },
        ])
        {
            var result = await balancer.ApplyAsync([.. rules.Select(step)], cancellationToken: Cancellation);
            Assert.True(result.Converged, $"{step(rules[0])}: {string.Join('\n', result.Steps.Where(static step => step.Failure is not null).Select(static step => $"{step}: {step.Failure!.Message}"))}");
            Assert.Equal(before, await LookAsync());
        }
    }

    private static ServerId First(Rule rule) => new() { ServerGroup = rule.Name, Number = 0 };

    // A range of ports for each topology at the one VIP of a family.
    private static Rule Make(Topology topology, int family) => new()
    {
        Name = $"{topology}-v{family}",
        Vip = IPAddress.Parse(family == 4 ? "192.0.2.1" : "2001:db8::1"),
        Ports = new PortRange(8000 + (100 * (int)topology), 8010 + (100 * (int)topology)),
        Topology = topology,
        Interface = "lo",
        ProxySource = topology == Topology.Nat ? AddressSpan.Parse(family == 4 ? "192.0.2.10-192.0.2.11" : "2001:db8::10-2001:db8::11") : null,
        ServerGroup = $"{topology}-v{family}",
    };

    // All but our table and the services of our rules, which take marks that nobody else does.
    private async Task<string> LookAsync() => string.Join('\n',
        Ours().Replace(await Space.RunAsync("nft", ["-s", "list", "ruleset"]), ""),
        string.Join('\n', (await Space.IpvsadmAsync("-Sn")).Split('\n').Where(static line => !OurMark().IsMatch(line))));

    [GeneratedRegex(@"^table inet ilb \{.*?^\}\n", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Ours();

    [GeneratedRegex(@" -f \d{5}")]
    private static partial Regex OurMark();
}
