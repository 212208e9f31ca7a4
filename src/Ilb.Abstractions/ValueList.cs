namespace Ilb;

/// <summary>Makes lists that compare by value.</summary>
public static class ValueList
{
    /// <summary>A list of these elements.</summary>
    /// <param name="items">The elements; they are copied.</param>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => items.IsEmpty ? ValueList<T>.Empty : new(items.ToArray());

    /// <summary>A list of these elements.</summary>
    /// <param name="items">The elements; they are copied.</param>
    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items) => Create<T>([.. items]);
}
