namespace Ilb.Benchmarks;

/// <summary>A configuration of many rules, each with a group of its own, and changes of it.</summary>
internal static class Site
{
    public const int Servers = 4;

    // So that no round of a run sets a weight that was there.
    private const int Shift = 800;

    public static Configuration Make(int size) => new()
    {
        ServerGroups = [.. Enumerable.Range(0, size).Select(static group => new ServerGroup
        {
            Name = $"group{group}",
            Servers = [.. Enumerable.Range(0, Servers).Select(server => new Server { Address = Space.Address(20 + server, group), Ports = 8080 })],
        })],
        Rules = [.. Enumerable.Range(0, size).Select(static rule => new Rule
        {
            Name = $"rule{rule}",
            Vip = Space.Address(10, rule),
            Ports = 80,
            Topology = Topology.HalfNat,
            ServerGroup = $"group{rule}",
        })],
    };

    /// <summary>Another weight of one server than it had.</summary>
    public static SetServers SetWeight(int group, int round) =>
        new() { Servers = [new ServerId { ServerGroup = $"group{group}", Number = 1 }], Weight = 2 + ((round + Shift) % 60_000) };
}
