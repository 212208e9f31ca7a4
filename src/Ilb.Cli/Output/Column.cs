namespace Ilb.Cli.Output;

/// <summary>A column of a show command.</summary>
/// <typeparam name="T">What a line is about.</typeparam>
internal sealed record Column<T>
{
    public required string Name { get; init; }

    /// <summary>The cell; empty if there is no value.</summary>
    public required Func<T, string?> Value { get; init; }

    /// <summary>Whether it is shown without <c>-o</c>.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether it is shown only if <c>-o</c> names it: neither by <c>all</c> nor by <c>-f</c>.</summary>
    public bool IsOnlyByName { get; init; }
}
