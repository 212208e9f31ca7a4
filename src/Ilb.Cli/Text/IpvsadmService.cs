namespace Ilb.Cli.Text;

/// <summary>A service that <c>ipvsadm -S</c> printed, and its servers.</summary>
/// <param name="line">The line that adds it.</param>
/// <param name="rule">What it becomes, as far as that is known.</param>
internal sealed class IpvsadmService(int line, Rule rule)
{
    private readonly List<(int Line, Server Server)> _servers = [];

    public int Line => line;

    public Rule Rule { get; set; } = rule;

    public bool IsFaulty { get; set; }

    /// <summary>Whether the scheduler ignores weights that a rule would respect.</summary>
    public bool IgnoresWeights => Rule.Algorithm == Algorithm.RoundRobin && _servers.Exists(static entry => entry.Server.Weight > 1);

    /// <summary>Adds a server.</summary>
    /// <exception cref="FormatException">It cannot be a server of a rule.</exception>
    public void Add(int number, IpvsadmLine server)
    {
        var (topology, tunnel) = Method(server);
        if (_servers.Count == 0)
            Rule = Rule with { Topology = topology, Tunnel = tunnel };
        else if ((Rule.Topology, Rule.Tunnel) != (topology, tunnel))
            throw new FormatException($"its forwarding is another than in line {_servers[0].Line}, but all servers of a rule have one");
        var own = Rule.Ports?.First ?? 0;
        var (address, port) = IpvsadmLine.Endpoint(server.Find("-r") ?? throw new FormatException("-r is missing"));
        if (topology != Topology.HalfNat && (port ?? own) != own)
            throw new FormatException($"with {(topology == Topology.Dsr ? "-g" : "-i")} the port stays {(own == 0 ? "as it is" : $"{own}")}, it cannot become {port}");
        _servers.Add((number, new Server
        {
            Address = address,
            Ports = (port ?? own) == own ? null : port == 0 ? throw new FormatException("its port is 0") : port,
            Weight = server.Number("-w", 0, Server.MaximumWeight) ?? 1,
            MaximumConnections = server.Number("-x", 0, int.MaxValue) is > 0 and var maximum ? maximum : null,
            MinimumConnections = server.Number("-y", 0, int.MaxValue) is > 0 and var minimum ? minimum : null,
        }));
    }

    /// <summary>The changes that make it a rule.</summary>
    public IEnumerable<ImportedLine> ToLines(LineErrors errors)
    {
        if (_servers.Count == 0 && !IsFaulty)
        {
            errors.Add(Line, "the service has no server, without which there is no rule");
            IsFaulty = true;
        }

        yield return Imported(Line, new CreateServerGroup { ServerGroup = new ServerGroup { Name = Rule.ServerGroup } });
        foreach (var (number, server) in _servers)
        {
            var own = Rule.Algorithm == Algorithm.RoundRobin ? server with { Weight = Math.Min(server.Weight, 1) } : server;
            yield return Imported(number, new AddServers { ServerGroup = Rule.ServerGroup, Servers = [own] });
        }

        yield return Imported(Line, new CreateRule { Rule = Rule });
    }

    private ImportedLine Imported(int number, Change change) => new() { Line = number, Change = change, IsFaulty = IsFaulty };

    private static (Topology Topology, Tunnel? Tunnel) Method(IpvsadmLine server)
    {
        if (Count("-g", "-i", "-m") > 1 || Count("--tun-nocsum", "--tun-csum", "--tun-remcsum") > 1)
            throw new FormatException("more than one way of forwarding is given");
        if (!server.Has("-i"))
        {
            return Count("--tun-type", "--tun-port", "--tun-nocsum", "--tun-csum", "--tun-remcsum") > 0
                ? throw new FormatException("--tun-type and its kin go with -i only")
                : (server.Has("-m") ? Topology.HalfNat : Topology.Dsr, null);
        }

        var word = server.Find("--tun-type") ?? "ipip";
        if (!TunnelKindNames.TryParse(word, out var kind))
            throw new FormatException($"--tun-type {Quote.Of(word)} does not exist; known are {string.Join(", ", TunnelKindNames.All)}");
        var tunnel = new Tunnel
        {
            Kind = kind,
            Port = server.Number("--tun-port", 1, ushort.MaxValue),
            Checksum = server.Has("--tun-csum") ? TunnelChecksum.Full : server.Has("--tun-remcsum") ? TunnelChecksum.Remote : TunnelChecksum.None,
        };
        return (Topology.Tun, tunnel == new Tunnel() ? null : tunnel);

        int Count(params ReadOnlySpan<string> names)
        {
            var count = 0;
            foreach (var name in names)
                count += server.Has(name) ? 1 : 0;
            return count;
        }
    }
}
