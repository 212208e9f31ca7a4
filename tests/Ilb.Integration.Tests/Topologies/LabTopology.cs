using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>The lab's network that forwards everything (lab/topology), with servers that say who they are, at which port, and whom they see.</summary>
public sealed class LabTopology : IAsyncDisposable
{
    // Stands for the prefix in plans, which are the same for all topologies of a kind.
    private const string AnyPrefix = "PREFIX-";

    private static readonly string Script =
        Path.Combine(Path.GetDirectoryName(Artifacts.Folder)!, "lab", "topology");

    private static readonly ConcurrentDictionary<string, string> Plans = new();

    private readonly Dictionary<string, string> _addresses = [];
    private readonly Dictionary<string, TestNamespace> _spaces = [];
    private readonly List<WhoServer> _servers = [];

    private LabTopology(string prefix) => Prefix = prefix;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
    public TestNamespace Space(string name) => _spaces[name];

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
        string[] options = ["--no-vip", "--mode", mode, "--vips", $"{vips}", "--servers", $"{servers}"];
        var kind = string.Join(' ', options);
        if (!Plans.TryGetValue(kind, out var plan))
            Plans[kind] = plan = await Command.RunAsync(Script, ["--prefix", AnyPrefix, "plan", .. options]);
        try
        {
            await topology.BuildAsync(plan.Replace(AnyPrefix, topology.Prefix, StringComparison.Ordinal));
        }
        catch (Exception)
        {
            await topology.DisposeAsync();
            throw;
        }

        foreach (var number in Enumerable.Range(1, servers))
        {
            var (name, space) = ($"s{number}", topology.Space($"s{number}"));
            topology._servers.AddRange(ports.Select(port => new WhoServer(space, port, name)));
        }

        return topology;
    }

    /// <summary>Runs a program in a namespace.</summary>
    public Task<string> InAsync(string space, string program, params string[] arguments) =>
        Space(space).RunAsync(program, arguments);

    /// <summary>Loads statements of nft on the balancer.</summary>
    public Task<string> NftAsync(string statements) => Space("lb").NftAsync(statements);

    /// <summary>What the client gets from each place: <c>s1:80 10.77.1.2 40000</c>, or why nothing.</summary>
    /// <param name="places">Where it asks: at one address in turn, at different ones side by side.</param>
    /// <param name="patience">How many seconds it waits for each.</param>
    public async Task<string[]> AskAsync(
        IEnumerable<(Protocol Protocol, string Address, int Port)> places, double patience = 4)
    {
        var list = places.ToArray();
        var answers = new string[list.Length];
        // Not a hundred at a time, or the last would lose its patience before its turn on the processor.
        var options = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation };
        var groups = list.Index().GroupBy(static place => (place.Item.Protocol, place.Item.Address));
        await Parallel.ForEachAsync(groups, options, async (group, _) =>
        {
            foreach (var (number, (protocol, address, port)) in group)
            {
                var to = new IPEndPoint(IPAddress.Parse(address), port);
                answers[number] = await AskAsync(protocol, to, TimeLimit.FromSeconds(patience));
            }
        });
        return answers;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            server.Dispose();
        foreach (var space in _spaces.Values)
            await space.DisposeAsync();
    }

    // Does what `lab/topology up` does with the same plan, in this process where it can.
    private async Task BuildAsync(string plan)
    {
        var parts = new List<Part>();
        foreach (var line in plan.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (word, rest) = (line.Split(' ', 2)[0], line.Split(' ', 2)[1]);
            switch (word)
            {
                case "namespace":
                    parts.Add(new Part(rest, [], [], []));
                    _spaces.Add(rest, await TestNamespace.CreateNamedAsync(Prefix + rest));
                    break;
                case "sysctl":
                    parts[^1].Settings.Add((rest.Split(' ', 2)[0], rest.Split(' ', 2)[1]));
                    break;
                case "ip":
                    parts[^1].Commands.Add(rest);
                    break;
                case "ip6":
                    parts[^1].Commands6.Add(rest);
                    break;
                case "variable":
                    _addresses.Add(rest.Split('=')[0], rest.Split('=')[1]);
                    break;
                default:
                    throw new InvalidOperationException($"a plan with '{line}'");
            }
        }

        foreach (var (name, settings, commands, commands6) in parts)
        {
            var space = Space(name);
            foreach (var (pattern, value) in settings)
                space.Sysctls(pattern, value);
            await space.IpBatchAsync([.. commands]);
            if (commands6.Count > 0)
                await space.RunAsync("ip", ["-6", "-batch", "-"], string.Join('\n', commands6) + "\n");
        }
    }

    private async Task<string> AskAsync(Protocol protocol, IPEndPoint to, TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(patience);
        var (space, family) = (Space("client"), to.AddressFamily);
        using var client = protocol == Protocol.Sctp
            ? Sockets.OpenSctp(space, family)
            : Sockets.Open(space, family, protocol == Protocol.Udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            await client.ConnectAsync(to, limit.Token);
            if (protocol == Protocol.Udp)
                await client.SendAsync("?\n"u8.ToArray(), limit.Token);
            var answer = new byte[200];
            var length = await client.ReceiveAsync(answer, limit.Token);
            return Encoding.ASCII.GetString(answer, 0, length).Split('\n')[0];
        }
        catch (SocketException e)
        {
            return $"none: {e.Message}";
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            return "none: timed out";
        }
    }

    // What a plan says of a namespace.
    private sealed record Part(
        string Name,
        List<(string Pattern, string Value)> Settings,
        List<string> Commands,
        List<string> Commands6);
}
