using System.Net;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>The lab's network that forwards everything (lab/topology), with servers that say who they are, at which port, and whom they see.</summary>
public sealed class LabTopology : IAsyncDisposable
{
    private const string Ask = """
        import socket, sys
        SCTP = 132
        for line in sys.stdin:
            protocol, address, port = line.split()
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            kind, number = {"TCP": (socket.SOCK_STREAM, 0), "UDP": (socket.SOCK_DGRAM, 0), "SCTP": (socket.SOCK_STREAM, SCTP)}[protocol]
            client = socket.socket(family, kind, number)
            client.settimeout(float(sys.argv[1]))
            try:
                client.connect((address, int(port)))
                if protocol == "UDP":
                    client.send(b"?\n")
                print(client.recv(200).decode().split("\n")[0])
            except OSError as error:
                print(f"none: {error}")
            client.close()
        """;

    private static readonly string Lab = Path.Combine(Path.GetDirectoryName(Artifacts.Folder)!, "lab");

    private readonly string _script;
    private readonly Dictionary<string, string> _addresses = [];
    private readonly Dictionary<string, TestNamespace> _spaces = [];

    private LabTopology(string prefix)
    {
        Prefix = prefix;
        _script = Path.Combine(Lab, "topology");
    }

    public string Prefix { get; }

    public string BalancerPath => $"/run/netns/{Prefix}lb";

    /// <summary>A variable of <c>lab/topology addresses</c>, such as <c>VIP3_6</c>.</summary>
    public string this[string name] => _addresses[name];

    /// <summary>Builds it.</summary>
    /// <param name="vips">How many VIPs the servers hold; the balancer has none.</param>
    /// <param name="ports">At which ports each server says who it is.</param>
    public static Task<LabTopology> CreateAsync(int vips, params int[] ports) => CreateAsync("all", vips, ports);

    /// <summary>An address of <c>lab/topology addresses</c> in one of the families, such as <c>VIP3</c> in 6.</summary>
    public IPAddress Address(string name, int family) => IPAddress.Parse(_addresses[char.IsDigit(name[^1]) ? $"{name}_{family}" : $"{name}{family}"]);

    /// <summary>A namespace without the prefix of its name: <c>client</c>, <c>lb</c>, <c>s1</c>.</summary>
    public TestNamespace Space(string name)
    {
        if (!_spaces.TryGetValue(name, out var space))
            _spaces.Add(name, space = TestNamespace.Existing(Prefix + name));
        return space;
    }

    /// <summary>Builds it with servers that are prepared for some topologies only.</summary>
    /// <param name="mode">For which: <c>all</c>, or <c>fullnat</c>, which needs nothing.</param>
    /// <param name="vips">How many VIPs there are.</param>
    /// <param name="ports">At which ports each server says who it is.</param>
    public static Task<LabTopology> CreateAsync(string mode, int vips, params int[] ports) => CreateAsync(mode, vips, 2, ports);

    /// <summary>Builds it with any number of servers.</summary>
    /// <param name="mode">For which topologies they are prepared.</param>
    /// <param name="vips">How many VIPs there are.</param>
    /// <param name="servers">How many servers: <c>s1</c> and so on.</param>
    /// <param name="ports">At which ports each server says who it is.</param>
    public static async Task<LabTopology> CreateAsync(string mode, int vips, int servers, int[] ports)
    {
        LabKernel.Require();
        var topology = new LabTopology($"t{Guid.NewGuid().ToString("N")[..4]}-");
        await topology.RunAsync("up", "--no-vip", "--no-servers", "--mode", mode, "--vips", $"{vips}", "--servers", $"{servers}");
        foreach (var line in (await topology.RunAsync("addresses")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            topology._addresses[line.Split('=')[0]] = line.Split('=')[1];
        // One for each port: its name says which one was reached.
        await Task.WhenAll(ports.SelectMany(port => Enumerable.Range(1, servers).Select(number => $"s{number}").Select(server => topology.InAsync(
            server, Path.Combine(Lab, "server"), "--background", "--name", $"{server}:{port}", "--who", $"{port}", "--http", "", "--echo", ""))));
        return topology;
    }

    /// <summary>Runs a program in a namespace.</summary>
    public Task<string> InAsync(string space, string program, params string[] arguments) => Command.RunAsync("ip", ["netns", "exec", Prefix + space, program, .. arguments]);

    /// <summary>Loads statements of nft on the balancer.</summary>
    public Task<string> NftAsync(string statements) => Command.RunAsync("ip", ["netns", "exec", $"{Prefix}lb", "nft", "-f", "-"], statements);

    /// <summary>What the client gets from each place, in order: <c>s1:80 10.77.1.2 40000</c>, or why there is nothing.</summary>
    public async Task<string[]> AskAsync(IEnumerable<(Protocol Protocol, string Address, int Port)> places, double patience = 4) =>
        (await Command.RunAsync("ip", ["netns", "exec", $"{Prefix}client", "python3", "-c", Ask, patience.ToString(System.Globalization.CultureInfo.InvariantCulture)], string.Concat(places.Select(static place => $"{place.Protocol.ToText()} {place.Address} {place.Port}\n"))))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async ValueTask DisposeAsync()
    {
        foreach (var space in _spaces.Values)
            await space.DisposeAsync();
        await RunAsync("down");
    }

    private Task<string> RunAsync(params string[] arguments) => Command.RunAsync(_script, ["--prefix", Prefix, .. arguments]);
}
