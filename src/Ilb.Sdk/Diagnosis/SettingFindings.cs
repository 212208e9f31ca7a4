namespace Ilb;

/// <summary>Findings about single settings.</summary>
internal sealed class SettingFindings(KernelFacts kernel, FindingList findings)
{
    /// <summary>A setting that must not have a value while there are such rules.</summary>
    public void Expect(FindingSeverity severity, string path, string wrong, string right, Rule[] rules, string consequence) => Expect(severity, path, value => value == wrong, right, rules, consequence);

    /// <summary>A setting that must not have such a value while there are such rules.</summary>
    public void Expect(FindingSeverity severity, string path, Func<string, bool> isWrong, string right, Rule[] rules, string consequence)
    {
        if (rules.Length == 0 || kernel.Setting(path) is not { } value || !isWrong(value))
            return;
        var (names, name) = (rules.Select(static rule => rule.Name).ToArray(), path.Replace('/', '.'));
        findings.Add(severity, FindingKind.Setting, names, $"{name} is {value}: for {FindingList.OfRules(names)} {consequence}", $"sysctl -w {name}={right}");
    }

    /// <summary>A setting that must have a value for each interface.</summary>
    public void ExpectEach(string path, string right, Rule[] rules, string consequence)
    {
        var wrong = Each(kernel.Setting(path)).Where(pair => pair.Value != right).Select(static pair => pair.Key).ToArray();
        if (rules.Length == 0 || wrong.Length == 0)
            return;
        // Of an interface it counts as well if it is set for all of them.
        var up = kernel.LinksUp.Select(static link => link.Name).ToHashSet();
        wrong = [.. wrong.Where(name => name is "" or "all" || up.Contains(name))];
        if (wrong.Length == 0)
            return;
        var names = rules.Select(static rule => rule.Name).ToArray();
        var parts = path.Split("/*/");
        var settings = wrong.Select(name => $"{parts[0].Replace('/', '.')}.{(name.Length == 0 ? "all" : name.Replace('.', '/'))}.{parts[1]}").ToArray();
        findings.Add(FindingSeverity.Warning, FindingKind.Setting, names, $"{parts[1]} is on for {string.Join(", ", wrong.Select(static name => name.Length == 0 ? "all interfaces" : name))}: for {FindingList.OfRules(names)}, {consequence}",
            wrong.Contains("") ? $"for f in /proc/sys/{path}; do echo {right} > $f; done" : string.Join('\n', settings.Select(setting => $"sysctl -w {setting}={right}")));
    }

    /// <summary>The values of a setting by interface; by an empty name if all have the same.</summary>
    public static IReadOnlyDictionary<string, string> Each(string? value) => value is null ? new Dictionary<string, string>()
        : value.Contains('=', StringComparison.Ordinal)
            ? value.Split(',').Select(static pair => pair.Split('=', 2)).Where(static pair => pair.Length == 2).ToDictionary(static pair => pair[0], static pair => pair[1])
            : new Dictionary<string, string> { [""] = value };
}
