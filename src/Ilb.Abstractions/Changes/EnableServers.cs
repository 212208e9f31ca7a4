using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Lets servers get new connections again, in every rule of their groups. One that is enabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServer"/> for each unknown ID, <see cref="IlbErrorCode.NoSuchServerGroup"/>; then none is enabled.</remarks>
public sealed record EnableServers : Change
{
    /// <summary>Makes a change of no server yet.</summary>
    public EnableServers()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal EnableServers(ValueList<ServerId>? servers = null, string? serverGroup = null)
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
        ServerEdits.Edit(configuration, Servers, ServerGroup, static server => server.Enabled ? server : server with { Enabled = true }, errors);
}
