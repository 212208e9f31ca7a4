using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>A rule with three servers, whose connections, kernel and clock are the test's.</summary>
public abstract class DrainFixture : IDisposable
{
    private protected static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.2:8080") };

    private protected static readonly Rule WebRule = new()
    {
        Name = "web",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "web",
    };

    private protected readonly TemporaryFolder _folder = new();
    private protected readonly InMemoryIpvs _ipvs = new();
    private protected readonly InMemorySurroundings _around = new();
    private protected readonly FakeTimeProvider _time = new();
    private protected readonly Lines _log = new();
    private protected readonly Dictionary<string, (uint Active, uint Inactive)> _connections = [];

    protected DrainFixture()
    {
        _ipvs.Connections = destination => _connections.GetValueOrDefault(destination.Address.ToString());
        foreach (var path in (string[])["net/ipv4/vs/conntrack", "net/ipv4/vs/expire_nodest_conn", "net/ipv4/ip_forward"])
            _around.Settings[path] = "0";
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected LoadBalancer Open() => TestBalancer.Create(
        _folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1), LoggerFactory = _log }, _ipvs, surroundings: _around);

    private protected async Task<LoadBalancer> OpenAsync(Rule? rule = null)
    {
        var balancer = Open();
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = rule ?? WebRule }]);
        return balancer;
    }

    private protected Task PassAsync(LoadBalancer balancer, int seconds) => _time.PassAsync(balancer, seconds);

    private protected string Value(string setting) => ((KernelSetting)_around.Objects[$"setting {setting}"]).Value;

    // Each server's last part of the address, and its weight.
    private protected string Weights() => string.Join(' ', _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).Select(static line => line.Split(' '))
        .Select(static words => $"{words[words.Length - 5].Split(':')[0].Split('.')[^1]}:{words[^3]}"));
}
