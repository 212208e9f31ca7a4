using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Lets servers get new connections again, in every rule of their groups. One that is enabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServer"/> for each unknown ID; then none is enabled.</remarks>
public sealed record EnableServers : Change
{
    /// <summary>Which; at least one.</summary>
    public required ValueList<ServerId> Servers { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override AccessRight Right => AccessRight.Enable;

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Servers, "servers");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors) => ServerEdits.Switch(configuration, Servers, true, errors);
}
