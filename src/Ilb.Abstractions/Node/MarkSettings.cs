using System.Numerics;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>
/// The packet marks of the rules that need one, and of probes that go through a server by the way of the traffic. A mark is <see cref="Base"/> and a number from 1 on, written into the bits of <see cref="Mask"/>; nobody else on the machine may use these marks.
/// Balancers that synchronise connections need the same settings.
/// </summary>
public sealed record MarkSettings
{
    private const uint DefaultMask = 0xffff0000;

    /// <summary>Makes settings with the defaults.</summary>
    public MarkSettings()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal MarkSettings(uint mask = DefaultMask, uint @base = 0)
    {
        Mask = mask;
        Base = @base;
    }

    /// <summary>The bits that the number is written into; they follow each other, and n of them are enough for 2ⁿ − 1 marks. Default <c>0xffff0000</c>, which leaves the small marks to others. The kernel finds marks by their lowest 8 bits: with thousands, include them.</summary>
    [JsonConverter(typeof(MarkBitsConverter))]
    public uint Mask { get; init; } = DefaultMask;

    /// <summary>The bits that every mark has besides; none of <see cref="Mask"/>. Default 0.</summary>
    [JsonConverter(typeof(MarkBitsConverter))]
    public uint Base { get; init; }

    /// <summary>The highest number that there is a mark for.</summary>
    [JsonIgnore]
    public uint MaximumNumber => Mask == 0 ? 0 : Mask >> BitOperations.TrailingZeroCount(Mask);

    /// <summary>Whether a mark is one of these: <see cref="Base"/> and some number.</summary>
    /// <param name="mark">Any mark.</param>
    public bool Contains(uint mark) => (mark & ~Mask) == Base && (mark & Mask) != 0;

    /// <summary>The mark of a number.</summary>
    /// <param name="number">1–<see cref="MaximumNumber"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no mark for that number.</exception>
    public uint MarkOf(uint number)
    {
        ArgumentOutOfRangeException.ThrowIfZero(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaximumNumber);
        return Base | (number << BitOperations.TrailingZeroCount(Mask));
    }
}
