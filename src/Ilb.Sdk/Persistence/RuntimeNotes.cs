using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Ilb;

/// <summary>
/// What is of a rule besides its configuration, in lines of the runtime state: <c>verdict RULE NUMBER alive|dead MILLISECONDS REASON</c>, what a health check found last and since when;
/// <c>outside RULE NUMBER alive|dead MILLISECONDS UNTIL all|one REASON</c> and <c>passive</c> likewise, what others say, until when (<c>-</c> = not by itself) and whether of all rules of the server's group;
/// <c>ramp RULE NUMBER MILLISECONDS</c>, since when a server's weight rises; <c>drain RULE NUMBER MILLISECONDS</c>, since when it gets no new connections; <c>sorry RULE</c>, that its sorry group serves; each with <c>no-</c> before it when that is over. Times are since 1970.
/// </summary>
internal static class RuntimeNotes
{
    private static readonly long LatestTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Adds the lines that lead from one to another.</summary>
    public static void Append(StringBuilder lines, string rule, RuleRuntime before, RuleRuntime after)
    {
        if (ReferenceEquals(before, after))
            return;
        foreach (var number in before.Verdicts.Keys.Where(number => !after.Verdicts.ContainsKey(number)))
            lines.Append(CultureInfo.InvariantCulture, $"no-verdict {rule} {number}\n");
        foreach (var (number, verdict) in after.Verdicts.Where(pair => before.Verdicts.GetValueOrDefault(pair.Key) != pair.Value))
            lines.Append(Line(rule, number, verdict)).Append('\n');
        AppendWords(lines, "outside", rule, before.Outside, after.Outside);
        AppendWords(lines, "passive", rule, before.Passive, after.Passive);
        foreach (var number in before.Ramps.Keys.Where(number => !after.Ramps.ContainsKey(number)))
            lines.Append(CultureInfo.InvariantCulture, $"no-ramp {rule} {number}\n");
        foreach (var (number, since) in after.Ramps.Where(pair => !before.Ramps.TryGetValue(pair.Key, out var old) || old != pair.Value))
            lines.Append(CultureInfo.InvariantCulture, $"ramp {rule} {number} {since.ToUnixTimeMilliseconds()}\n");
        foreach (var number in before.Drains.Keys.Where(number => !after.Drains.ContainsKey(number)))
            lines.Append(CultureInfo.InvariantCulture, $"no-drain {rule} {number}\n");
        foreach (var (number, since) in after.Drains.Where(pair => !before.Drains.TryGetValue(pair.Key, out var old) || old != pair.Value))
            lines.Append(CultureInfo.InvariantCulture, $"drain {rule} {number} {since.ToUnixTimeMilliseconds()}\n");
        if (before.IsSorry != after.IsSorry)
            lines.Append(after.IsSorry ? "sorry " : "no-sorry ").Append(rule).Append('\n');
    }

    /// <summary>What a line leads to; null if it makes no sense.</summary>
    public static Runtime? TryRead(string line, Runtime runtime)
    {
        switch (line.Split(' '))
        {
            case ["verdict", var rule, var digits, var word and ("alive" or "dead"), var time, .. var reason] when TryNumber(digits, out var number) && TryTime(time, out var since):
                return runtime.With(rule, runtime.Of(rule).WithVerdict(number, new Verdict { IsAlive = word == "alive", Since = since, Reason = string.Join(' ', reason) }));
            case ["no-verdict", var rule, var digits] when TryNumber(digits, out var number):
                return runtime.With(rule, runtime.Of(rule).WithVerdict(number, null));
            case [var word and ("outside" or "passive"), var rule, var digits, _, ..] when TryNumber(digits, out var number) && TryWord(line.Split(' ')[3..], out var verdict):
                return runtime.With(rule, WithWord(runtime.Of(rule), word, number, verdict));
            case [var word and ("no-outside" or "no-passive"), var rule, var digits] when TryNumber(digits, out var number):
                return runtime.With(rule, WithWord(runtime.Of(rule), word[3..], number, null));
            case ["ramp", var rule, var digits, var time] when TryNumber(digits, out var number) && TryTime(time, out var since):
                return runtime.With(rule, runtime.Of(rule).WithRamp(number, since));
            case ["no-ramp", var rule, var digits] when TryNumber(digits, out var number):
                return runtime.With(rule, runtime.Of(rule).WithRamp(number, null));
            case ["drain", var rule, var digits, var time] when TryNumber(digits, out var number) && TryTime(time, out var since):
                return runtime.With(rule, runtime.Of(rule).WithDrain(number, since));
            case ["no-drain", var rule, var digits] when TryNumber(digits, out var number):
                return runtime.With(rule, runtime.Of(rule).WithDrain(number, null));
            case [var word and ("sorry" or "no-sorry"), var rule]:
                return runtime.With(rule, runtime.Of(rule).WithSorry(word == "sorry"));
            default:
                return null;
        }
    }

    // The reason stands last and may have blanks; a line it has only one.
    private static string Line(string rule, uint number, Verdict verdict) => string.Create(CultureInfo.InvariantCulture,
        $"verdict {rule} {number} {(verdict.IsAlive ? "alive" : "dead")} {verdict.Since.ToUnixTimeMilliseconds()} {verdict.Reason.ReplaceLineEndings(" ")}").TrimEnd();

    private static void AppendWords(StringBuilder lines, string word, string rule, ImmutableDictionary<uint, Verdict> before, ImmutableDictionary<uint, Verdict> after)
    {
        if (ReferenceEquals(before, after))
            return;
        foreach (var number in before.Keys.Where(number => !after.ContainsKey(number)))
            lines.Append(CultureInfo.InvariantCulture, $"no-{word} {rule} {number}\n");
        foreach (var (number, verdict) in after.Where(pair => before.GetValueOrDefault(pair.Key) != pair.Value))
        {
            var until = verdict.Until is { } end ? end.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : "-";
            lines.Append(string.Create(CultureInfo.InvariantCulture,
                $"{word} {rule} {number} {(verdict.IsAlive ? "alive" : "dead")} {verdict.Since.ToUnixTimeMilliseconds()} {until} {(verdict.IsOfAllRules ? "all" : "one")} {verdict.Reason.ReplaceLineEndings(" ")}").TrimEnd()).Append('\n');
        }
    }

    private static RuleRuntime WithWord(RuleRuntime runtime, string word, uint number, Verdict? verdict) => word == "outside" ? runtime.WithOutside(number, verdict) : runtime.WithPassive(number, verdict);

    private static bool TryWord(string[] words, out Verdict? verdict)
    {
        verdict = null;
        DateTimeOffset end = default;
        if (words is not [var found and ("alive" or "dead"), var time, var until, var which and ("all" or "one"), .. var reason] || !TryTime(time, out var since) || !(until == "-" || TryTime(until, out end)))
            return false;
        verdict = new Verdict { IsAlive = found == "alive", Since = since, Until = until == "-" ? null : end, IsOfAllRules = which == "all", Reason = string.Join(' ', reason) };
        return true;
    }

    private static bool TryNumber(string digits, out uint number) => uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryTime(string digits, out DateTimeOffset time)
    {
        time = default;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds > LatestTime)
            return false;
        time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return true;
    }
}
