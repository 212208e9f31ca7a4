using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Deletes failover groups.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NotFound"/> for each unknown name; then none is deleted.</remarks>
public sealed record DeleteFailoverGroups : Change
{
    /// <summary>Makes a change of no failover group yet.</summary>
    public DeleteFailoverGroups()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal DeleteFailoverGroups(ValueList<string>? names = null, bool all = false)
    {
        Names = names ?? [];
        All = all;
    }

    /// <summary>Which, by name. Default none; then <see cref="All"/> must be true.</summary>
    public ValueList<string> Names { get; init; } = [];

    /// <summary>All failover groups. Default false.</summary>
    public bool All { get; init; }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Names, "names");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var chosen = FailoverGroupEdits.Choose(configuration, Names, All, errors);
        return configuration with { FailoverGroups = configuration.FailoverGroups.Filter(group => !chosen.Contains(group.Name)) };
    }
}
