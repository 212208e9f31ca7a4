using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Keeps new connections from servers, in every rule of their groups; connections that they have go on. One that is disabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServer"/> for each unknown ID; then none is disabled.</remarks>
public sealed record DisableServers : Change
{
    /// <summary>Which; at least one.</summary>
    public required ValueList<ServerId> Servers { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override AccessRight Right => AccessRight.Enable;

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Servers, "servers");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors) => ServerEdits.Switch(configuration, Servers, false, errors);
}
