namespace Ilb.Cli;

/// <summary>"Did you mean".</summary>
internal static class Suggestion
{
    /// <summary> (did you mean 'X'?), or nothing if no candidate is near.</summary>
    public static string For(string text, IEnumerable<string> candidates)
    {
        var (best, distance) = ((string?)null, int.MaxValue);
        foreach (var candidate in candidates.Where(candidate => candidate != text))
        {
            var next = Distance(text.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (next < distance)
                (best, distance) = (candidate, next);
        }

        // Of very short words everything is near everything.
        return best is not null && distance <= best.Length / 3 ? $" (did you mean {Quote.Of(best)}?)" : "";
    }

    // Levenshtein's, with two neighbours swapped as one step.
    private static int Distance(string a, string b)
    {
        var (older, old, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            old[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], old[j]) + 1, old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], older[j - 2] + 1);
            }

            (older, old, row) = (old, row, older);
        }

        return old[b.Length];
    }
}
