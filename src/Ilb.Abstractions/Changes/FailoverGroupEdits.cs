namespace Ilb;

/// <summary>What the verbs of failover groups share.</summary>
internal static class FailoverGroupEdits
{
    /// <summary>The names of the failover groups that a change is about.</summary>
    public static HashSet<string> Choose(Configuration configuration, ValueList<string> names, bool all, ErrorList errors)
    {
        if (all && names.Count > 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", "either all failover groups or names are given, not both");
        if (!all && names.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", "no failover group is named");
        if (all)
            return configuration.FailoverGroups.Select(static group => group.Name).ToHashSet();
        foreach (var name in names.Distinct())
        {
            if (configuration.FindFailoverGroup(name) is null)
                errors.Add(IlbErrorCode.NotFound, "names", $"failover group {Quote.Of(name)} does not exist");
        }

        return names.ToHashSet();
    }
}
