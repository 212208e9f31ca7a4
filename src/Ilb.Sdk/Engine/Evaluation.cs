namespace Ilb;

/// <summary>What changes come to, before anything is done. Pure.</summary>
internal static class Evaluation
{
    /// <summary>The configuration after the changes, and the changes as resolved.</summary>
    /// <exception cref="IlbException">All that is wrong with them.</exception>
    public static (Configuration Next, ValueList<Change> Resolved) Evaluate(Configuration configuration, ApplyRequest request)
    {
        var resolved = new List<Change>(request.Changes.Count);
        var errors = new List<IlbError>();
        for (var i = 0; i < request.Changes.Count; i++)
        {
            try
            {
                var change = request.Changes[i].Resolve(configuration, request.Hosts);
                configuration = change.ApplyTo(configuration);
                resolved.Add(change);
            }
            catch (IlbException e)
            {
                errors.AddRange(e.Errors.Select(error => Under(error, i)));
            }
        }

        return errors.Count == 0 ? (configuration, resolved.ToValueList()) : throw new IlbException(errors.ToValueList());
    }

    /// <summary>Checks that nothing is missing that every change must have.</summary>
    /// <exception cref="IlbException">Something is.</exception>
    public static void CheckGiven(IReadOnlyList<Change?> changes)
    {
        var errors = changes.SelectMany(static (change, place) => change is null
            ? [new IlbError { Code = IlbErrorCode.InvalidArgument, Message = $"changes[{place}] is missing", Path = $"changes[{place}]" }]
            : change.Validate().Select(error => Under(error, place))).ToValueList();
        if (errors.Count > 0)
            throw new IlbException(errors);
    }

    /// <summary>The rules to look at, whatever is known of them: to enable a rule is also how somebody asks for it to be put right.</summary>
    public static HashSet<string> Touched(ValueList<Change> changes, Configuration configuration)
    {
        var touched = new HashSet<string>();
        foreach (var change in changes.OfType<EnableRules>())
        {
            var rules = change.All ? configuration.Rules : change.Names.Select(configuration.FindRule);
            touched.UnionWith(rules.OfType<Rule>().Where(static rule => rule.Enabled).Select(static rule => rule.Name));
        }

        return touched;
    }

    /// <summary>Where the packets of a rule stand in a configuration.</summary>
    public static string PlaceOf(string name, Configuration configuration)
    {
        var place = configuration.Rules.TakeWhile(rule => rule.Name != name).Count();
        return $"rules[{place}].{(configuration.Rules[place].Vip is null ? "fwmark" : "vip")}";
    }

    private static IlbError Under(IlbError error, int place) => error with { Path = error.Path.Length == 0 ? $"changes[{place}]" : $"changes[{place}].{error.Path}" };
}
