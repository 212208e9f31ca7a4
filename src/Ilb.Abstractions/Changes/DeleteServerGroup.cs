namespace Ilb;

/// <summary>Deletes a server group and its servers.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServerGroup"/>, <see cref="IlbErrorCode.ServerGroupInUse"/>.</remarks>
public sealed record DeleteServerGroup : Change
{
    /// <summary>The group's name.</summary>
    public required string Name { get; init; }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Name, "name");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        if (configuration.FindServerGroup(Name) is null)
            ServerEdits.AddNoSuchGroup(Name, "name", errors);
        var users = configuration.Rules.Where(rule => rule.Uses(Name)).Select(static rule => rule.Name).ToArray();
        if (users.Length > 0)
            errors.Add(IlbErrorCode.ServerGroupInUse, "name", $"server group {Quote.Of(Name)} is used by {(users.Length == 1 ? "rule" : "rules")} {string.Join(", ", users.Select(Quote.Of))}");
        return configuration with { ServerGroups = configuration.ServerGroups.Filter(group => group.Name != Name) };
    }
}
