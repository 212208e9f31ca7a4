using System.Net;

namespace Ilb.Testing;

/// <summary>A real engine over an IPVS in memory, with its files in a folder of its own.</summary>
public static class TestBalancer
{
    /// <param name="options">As in the product.</param>
    /// <param name="ipvs">What stands for the kernel; it is not disposed.</param>
    /// <param name="hosts">The name server.</param>
    /// <param name="surroundings">What stands for the kernel beside IPVS.</param>
    public static LoadBalancer Create(LoadBalancerOptions options, InMemoryIpvs ipvs, IReadOnlyDictionary<string, ValueList<IPAddress>>? hosts = null, InMemorySurroundings? surroundings = null) =>
        Create(options, ipvs, null, hosts, surroundings);

    /// <summary>With something that stands for the servers that are checked; null = real sockets.</summary>
    internal static LoadBalancer Create(LoadBalancerOptions options, InMemoryIpvs ipvs, IProberSet? probers, IReadOnlyDictionary<string, ValueList<IPAddress>>? hosts = null, InMemorySurroundings? surroundings = null, INotifyProgram? notify = null) =>
        LoadBalancer.Create(options, ipvs, surroundings ?? new InMemorySurroundings(), new Hosts(hosts ?? new Dictionary<string, ValueList<IPAddress>>()), new Random(1), probers, notify);

    private sealed class Hosts(IReadOnlyDictionary<string, ValueList<IPAddress>> hosts) : IHostResolver
    {
        public Task<ValueList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken) =>
            Task.FromResult(hosts.TryGetValue(host, out var addresses) ? addresses : []);
    }
}
