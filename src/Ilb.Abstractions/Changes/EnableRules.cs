using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Lets rules forward. One that is enabled already stays so.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchRule"/> for each unknown name; then none is enabled.</remarks>
public sealed record EnableRules : Change
{
    /// <summary>Makes a change of no rule yet.</summary>
    public EnableRules()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal EnableRules(ValueList<string>? names = null, bool all = false)
    {
        Names = names ?? [];
        All = all;
    }

    /// <summary>Which, by name. Default none; then <see cref="All"/> must be true.</summary>
    public ValueList<string> Names { get; init; } = [];

    /// <summary>All rules. Default false.</summary>
    public bool All { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override AccessRight Right => AccessRight.Enable;

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Names, "names");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var chosen = RuleEdits.Choose(configuration, Names, All, errors);
        return configuration with { Rules = configuration.Rules.Map(rule => chosen.Contains(rule.Name) ? rule with { Enabled = true } : rule) };
    }
}
