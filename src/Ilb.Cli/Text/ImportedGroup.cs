namespace Ilb.Cli.Text;

/// <summary>A server group that grows, and which lines made its servers.</summary>
internal sealed class ImportedGroup
{
    private readonly List<Server> _servers;
    private readonly List<int?> _lines;
    private readonly int? _line;
    private ServerGroup? _group;

    /// <param name="group">With numbers.</param>
    /// <param name="line">The line that made it.</param>
    public ImportedGroup(ServerGroup group, int? line)
        : this(group, line, [.. Enumerable.Repeat(line, group.Servers.Count)])
    {
    }

    private ImportedGroup(ServerGroup group, int? line, List<int?> lines)
    {
        Name = group.Name;
        NextNumber = group.NextNumber;
        _servers = [.. group.Servers];
        _lines = lines;
        _line = line;
        _group = group;
    }

    public string Name { get; }

    public long NextNumber { get; private set; }

    public bool HasHosts => _servers.Exists(static server => server.Address is null);

    public void Add(ValueList<Server> servers, int? line)
    {
        var added = new ServerGroup { Name = Name, Servers = servers, NextNumber = NextNumber }.WithNumbers();
        _servers.AddRange(added.Servers);
        _lines.AddRange(Enumerable.Repeat(line, servers.Count));
        NextNumber = added.NextNumber;
        _group = null;
    }

    public ServerGroup ToServerGroup() => _group ??= new ServerGroup { Name = Name, Servers = _servers.ToValueList(), NextNumber = NextNumber };

    /// <summary>The line of a server by its place, or of the group.</summary>
    public int? LineOf(int? server) => server is { } place ? _lines[place] : _line;

    /// <summary>The group after a change; what stays the same keeps its line.</summary>
    public ImportedGroup With(ServerGroup changed, int? line)
    {
        if (ReferenceEquals(changed, _group))
            return this;
        var lines = new Dictionary<Server, int?>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < _servers.Count; i++)
            lines[_servers[i]] = _lines[i];
        return new ImportedGroup(changed, _line, [.. changed.Servers.Select(server => lines.TryGetValue(server, out var old) ? old : line)]);
    }
}
