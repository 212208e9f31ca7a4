using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Lets the balancers take part in failover groups. One that is enabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NotFound"/> for each unknown name; then none is enabled.</remarks>
public sealed record EnableFailoverGroups : Change
{
    /// <summary>Makes a change of no failover group yet.</summary>
    public EnableFailoverGroups()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal EnableFailoverGroups(ValueList<string>? names = null, bool all = false)
    {
        Names = names ?? [];
        All = all;
    }

    /// <summary>Which, by name. Default none; then <see cref="All"/> must be true.</summary>
    public ValueList<string> Names { get; init; } = [];

    /// <summary>All failover groups. Default false.</summary>
    public bool All { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override AccessRight Right => AccessRight.Enable;

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Names, "names");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var chosen = FailoverGroupEdits.Choose(configuration, Names, All, errors);
        return configuration with { FailoverGroups = configuration.FailoverGroups.Map(group => chosen.Contains(group.Name) ? group with { Enabled = true } : group) };
    }
}
