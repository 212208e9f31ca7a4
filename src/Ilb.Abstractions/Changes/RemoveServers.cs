namespace Ilb;

/// <summary>Removes servers from a group: all of them or none. The last server may go too, even while rules use the group; their clients are refused until there is another.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServerGroup"/>, <see cref="IlbErrorCode.NoSuchServer"/>; <see cref="IlbErrorCode.InvalidServer"/> for an ambiguous address.</remarks>
public sealed record RemoveServers : Change
{
    /// <summary>The group's name.</summary>
    public required string ServerGroup { get; init; }

    /// <summary>Which; at least one. <see cref="Change.Resolve"/> turns addresses into IDs.</summary>
    public required ValueList<ServerSelector> Servers { get; init; }

    /// <inheritdoc/>
    public override Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<System.Net.IPAddress>> hosts)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.FindServerGroup(ServerGroup) is not { } group)
            return this;
        var errors = new ErrorList();
        var found = Find(group, errors);
        // What is wrong with the selectors is ApplyTo's to say.
        return errors.Count > 0 ? this : this with { Servers = found.Select(server => ServerSelector.ById(group.IdOf(server))).ToValueList() };
    }

    private protected override void CheckGiven(ErrorList errors)
    {
        errors.CheckGiven(ServerGroup, "serverGroup");
        errors.CheckGiven(Servers, "servers");
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        if (Servers.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "servers", "no server is named");
        if (configuration.FindServerGroup(ServerGroup) is not { } group)
        {
            ServerEdits.AddNoSuchGroup(ServerGroup, "serverGroup", errors);
            return configuration;
        }

        var numbers = Find(group, errors).Select(static server => server.Number).ToHashSet();
        return ServerEdits.Replace(configuration, group with { Servers = group.Servers.Filter(server => !numbers.Contains(server.Number)) });
    }

    private List<Server> Find(ServerGroup group, ErrorList errors)
    {
        var found = new List<Server>();
        foreach (var selector in Servers)
        {
            var matches = group.Servers.Where(server => Matches(group, server, selector)).ToArray();
            if (matches.Length == 1)
                found.Add(matches[0]);
            else if (matches.Length == 0)
                errors.Add(IlbErrorCode.NoSuchServer, "servers", $"server {Quote.Of(selector.ToString())} does not exist in server group {Quote.Of(group.Name)}");
            else
                errors.Add(IlbErrorCode.InvalidServer, "servers", $"server {Quote.Of(selector.ToString())} of server group {Quote.Of(group.Name)} is ambiguous: {string.Join(", ", matches.Select(server => $"{group.IdOf(server)} ({server})"))}");
        }

        return found;
    }

    private static bool Matches(ServerGroup group, Server server, ServerSelector selector) => selector.Id is { } id
        ? id.ServerGroup == group.Name && server.Number == id.Number
        : selector.Address!.Equals(server.Address) && (selector.Ports is null || selector.Ports == server.Ports);
}
