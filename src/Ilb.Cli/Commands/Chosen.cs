namespace Ilb.Cli.Commands;

/// <summary>Objects by name; every unknown name is told.</summary>
internal static class Chosen
{
    public static ValueList<T> Of<T>(ValueList<T> objects, Func<T, string> nameOf, string[] names, string kind)
    {
        if (names.Length == 0)
            return objects;
        var known = objects.Select(nameOf).ToHashSet();
        Refusal.ThrowIfAny([.. names.Where(name => !known.Contains(name)).Distinct().Select(name => NotFound(kind, name, known))]);
        return objects.Where(candidate => names.Contains(nameOf(candidate))).ToValueList();
    }

    public static string NotFound(string kind, string name, IEnumerable<string> known) => $"{kind} {Quote.Of(name)} does not exist{Suggestion.For(name, known)}";
}
