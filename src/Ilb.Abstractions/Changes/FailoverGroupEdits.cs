namespace Ilb;

/// <summary>What the verbs of failover groups share.</summary>
internal static class FailoverGroupEdits
{
    /// <summary>The names of the failover groups that a change is about.</summary>
    public static HashSet<string> Choose(Configuration configuration, ValueList<string> names, bool all, ErrorList errors) =>
        NameChoice.Choose("failover group", configuration.FailoverGroups.Select(static group => group.Name), names, all, IlbErrorCode.NotFound, errors);
}
