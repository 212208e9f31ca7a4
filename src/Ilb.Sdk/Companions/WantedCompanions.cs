using System.Collections.Immutable;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What rules ask for beside their services. Several may ask for the same object. Immutable; another one shares what they have in common.</summary>
internal sealed class WantedCompanions
{
    // No name has it.
    private const char Separator = ' ';

    private readonly ImmutableDictionary<string, ImmutableSortedDictionary<string, Companion>> _objects;

    private WantedCompanions(ImmutableDictionary<string, ImmutableSortedDictionary<string, Companion>> objects) => _objects = objects;

    public static WantedCompanions None { get; } = new(ImmutableDictionary<string, ImmutableSortedDictionary<string, Companion>>.Empty);

    /// <summary>The objects that some rule asks for.</summary>
    public IEnumerable<string> Ids => _objects.Keys;

    public int Count => _objects.Count;

    /// <summary>An object as it should be; null if no rule asks for it.</summary>
    public Companion? Find(string id) => _objects.TryGetValue(id, out var asked) ? asked.Values.Aggregate(static (one, other) => one.Beside(other)) : null;

    /// <summary>A rule that asks for an object; null if none does.</summary>
    public string? RuleOf(string id) => _objects.TryGetValue(id, out var asked) ? asked.Keys.First().Split(Separator)[0] : null;

    /// <summary>Who asks in the place of a rule for what one of its services relies on that leaves.</summary>
    public static string OwnerOf(string rule, IpvsServiceKey leaving) => $"{rule}{Separator}{leaving}";

    /// <summary>The same after a rule asks for something else.</summary>
    /// <param name="rule">The rule's name, or <see cref="OwnerOf"/> one of its services.</param>
    /// <param name="before">What it asked for.</param>
    /// <param name="after">What it asks for now.</param>
    /// <param name="touched">Gets the objects that may be others now.</param>
    public WantedCompanions With(string rule, IReadOnlyList<Companion> before, IReadOnlyList<Companion> after, ISet<string> touched)
    {
        if (before.SequenceEqual(after))
            return this;
        var objects = _objects;
        foreach (var companion in before.Except(after))
        {
            touched.Add(companion.Id);
            var rest = objects[companion.Id].Remove(rule);
            objects = rest.IsEmpty ? objects.Remove(companion.Id) : objects.SetItem(companion.Id, rest);
        }

        foreach (var companion in after.Except(before))
        {
            touched.Add(companion.Id);
            var asked = objects.GetValueOrDefault(companion.Id) ?? ImmutableSortedDictionary<string, Companion>.Empty.WithComparers(StringComparer.Ordinal);
            objects = objects.SetItem(companion.Id, asked.SetItem(rule, companion));
        }

        return new WantedCompanions(objects);
    }
}
