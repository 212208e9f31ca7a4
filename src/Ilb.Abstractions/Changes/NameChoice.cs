namespace Ilb;

/// <summary>What the verbs share that are about objects by name, or about all of them.</summary>
internal static class NameChoice
{
    /// <summary>The names of the objects that a change is about; every unknown one is told.</summary>
    /// <param name="kind">What an object is called.</param>
    /// <param name="known">The names that there are.</param>
    /// <param name="names">The names that are given.</param>
    /// <param name="all">Whether all are meant.</param>
    /// <param name="unknown">The code of a name that there is not.</param>
    /// <param name="errors">Gets what is wrong.</param>
    public static HashSet<string> Choose(string kind, IEnumerable<string> known, ValueList<string> names, bool all, IlbErrorCode unknown, ErrorList errors)
    {
        if (all && names.Count > 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", $"either all {kind}s or names are given, not both");
        if (!all && names.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", $"no {kind} is named");
        var there = known.ToHashSet();
        if (all)
            return there;
        foreach (var name in names.Distinct())
        {
            if (!there.Contains(name))
                errors.Add(unknown, "names", $"{kind} {Quote.Of(name)} does not exist");
        }

        return names.ToHashSet();
    }
}
