using System.Collections;
using System.Runtime.CompilerServices;

namespace Ilb;

/// <summary>An immutable list that compares by value: two lists are equal if their elements are, in the same order. It is written as a collection expression.</summary>
/// <typeparam name="T">The elements; immutable themselves.</typeparam>
/// <example><code>
/// ValueList&lt;string&gt; names = ["web", "dns"];
/// </code></example>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly T[] _items;

    internal ValueList(T[] items) => _items = items;

    internal static readonly ValueList<T> Empty = new([]);

    /// <summary>The number of elements.</summary>
    public int Count => _items.Length;

    /// <summary>The element at a place, counted from 0.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public T this[int index] => _items[index];

    /// <summary>Whether both lists have equal elements in the same order.</summary>
    /// <param name="other">The other list.</param>
    public bool Equals(ValueList<T>? other) => other is not null && (ReferenceEquals(this, other) || _items.AsSpan().SequenceEqual(other._items));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in _items)
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>The elements' own texts: <c>[a, b]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _items)}]";

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ValueList<T> Add(T item) => new([.. _items, item]);

    internal ValueList<T> With(int index, T item)
    {
        var items = (T[])_items.Clone();
        items[index] = item;
        return new(items);
    }

    internal ValueList<T> Filter(Predicate<T> keep)
    {
        var kept = Array.FindAll(_items, keep);
        return kept.Length == _items.Length ? this : new(kept);
    }

    internal ValueList<T> Map(Func<T, T> change) => new(Array.ConvertAll(_items, item => change(item)));

    internal int IndexOf(Predicate<T> match) => Array.FindIndex(_items, match);

    internal T? Find(Predicate<T> match) => Array.Find(_items, match);
}
