using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Changes of servers what is given, and leaves the rest.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServer"/> for each unknown ID, <see cref="IlbErrorCode.NoSuchServerGroup"/>, and those of <see cref="Server.Validate"/>; then none is changed.</remarks>
public sealed record SetServers : Change
{
    /// <summary>Makes a change of no server yet.</summary>
    public SetServers()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal SetServers(ValueList<ServerId>? servers = null, string? serverGroup = null, int? weight = null, int? maximumConnections = null, int? minimumConnections = null)
    {
        Servers = servers ?? [];
        ServerGroup = serverGroup;
        Weight = weight;
        MaximumConnections = maximumConnections;
        MinimumConnections = minimumConnections;
    }

    /// <summary>Which. Default none; then <see cref="ServerGroup"/> must be given.</summary>
    public ValueList<ServerId> Servers { get; init; } = [];

    /// <summary>The group of which all servers are meant; null (default) = those of <see cref="Servers"/>.</summary>
    public string? ServerGroup { get; init; }

    /// <summary>See <see cref="Server.Weight"/>; null (default) = as it is.</summary>
    public int? Weight { get; init; }

    /// <summary>See <see cref="Server.MaximumConnections"/>; null (default) = as it is, 0 = no limit, which takes away <see cref="Server.MinimumConnections"/> too.</summary>
    [JsonPropertyName("maxConn")]
    public int? MaximumConnections { get; init; }

    /// <summary>See <see cref="Server.MinimumConnections"/>; null (default) = as it is, 0 = its default.</summary>
    [JsonPropertyName("minConn")]
    public int? MinimumConnections { get; init; }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Servers, "servers");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors) =>
        ServerEdits.Edit(configuration, Servers, ServerGroup, server => Changed(server, errors), errors);

    private Server Changed(Server old, ErrorList errors)
    {
        var server = old with
        {
            Weight = Weight ?? old.Weight,
            MaximumConnections = Given(MaximumConnections, old.MaximumConnections),
            MinimumConnections = Given(MinimumConnections, MaximumConnections == 0 ? null : old.MinimumConnections),
        };
        server.Check(errors);
        return server;
    }

    private static int? Given(int? value, int? old) => value is null ? old : value == 0 ? null : value;
}
