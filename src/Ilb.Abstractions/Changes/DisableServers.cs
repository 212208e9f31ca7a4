using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Keeps new connections from servers, in every rule of their groups; connections that they have go on. One that is disabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServer"/> for each unknown ID, <see cref="IlbErrorCode.NoSuchServerGroup"/>; then none is disabled.</remarks>
public sealed record DisableServers : Change
{
    /// <summary>Makes a change of no server yet.</summary>
    public DisableServers()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal DisableServers(ValueList<ServerId>? servers = null, string? serverGroup = null)
    {
        Servers = servers ?? [];
        ServerGroup = serverGroup;
    }

    /// <summary>Which. Default none; then <see cref="ServerGroup"/> must be given.</summary>
    public ValueList<ServerId> Servers { get; init; } = [];

    /// <summary>The group of which all servers are meant; null (default) = those of <see cref="Servers"/>.</summary>
    public string? ServerGroup { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override AccessRight Right => AccessRight.Enable;

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Servers, "servers");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors) =>
        ServerEdits.Edit(configuration, Servers, ServerGroup, static server => !server.Enabled ? server : server with { Enabled = false }, errors);
}
