using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A number of servers, or a part of them. In text <c>2</c> or <c>50%</c>; in JSON a number or such a text.</summary>
[JsonConverter(typeof(QuorumConverter))]
public sealed record Quorum : IParsable<Quorum>
{
    /// <summary>A number of servers.</summary>
    /// <param name="number">From 0 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public Quorum(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        Number = number;
    }

    /// <summary>A part of the servers.</summary>
    /// <param name="percentage">Of all servers of the group, rounded up.</param>
    public Quorum(Percentage percentage)
    {
        ArgumentNullException.ThrowIfNull(percentage);
        Percentage = percentage;
    }

    /// <summary>The number of servers; null if it is a part.</summary>
    public int? Number { get; }

    /// <summary>The part of the servers; null if it is a number.</summary>
    public Percentage? Percentage { get; }

    internal int Value => Number ?? Percentage!.Value;

    /// <summary>A number of servers.</summary>
    /// <param name="number">From 0 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static implicit operator Quorum(int number) => new(number);

    /// <summary>A number of servers.</summary>
    /// <param name="number">From 0 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static Quorum FromInt32(int number) => new(number);

    /// <summary>Reads <c>2</c> or <c>50%</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static Quorum Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is neither a number of servers nor a percentage such as 50%");
    }

    /// <summary>Reads <c>2</c> or <c>50%</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The quorum.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Quorum result)
    {
        result = Ilb.Percentage.TryParse(s, provider, out var percentage) ? new Quorum(percentage)
            : int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new Quorum(number)
            : null;
        return result is not null;
    }

    /// <summary><c>2</c> or <c>50%</c>.</summary>
    public override string ToString() => Percentage?.ToString() ?? Number!.Value.ToString(CultureInfo.InvariantCulture);
}
