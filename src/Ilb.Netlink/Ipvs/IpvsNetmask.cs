using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Ilb.Netlink.Ipvs;

/// <summary>
/// Which clients persistence treats as one: for IPv4 any 32-bit mask, for IPv6 a prefix length (<c>IPVS_SVC_ATTR_NETMASK</c>).
/// The default value, <see cref="Host"/>, treats each address for itself and fits both families.
/// </summary>
public readonly record struct IpvsNetmask
{
    private readonly AddressFamily _family;

    // IPv4: the mask in host order; IPv6: the prefix length.
    private readonly uint _value;

    private IpvsNetmask(AddressFamily family, uint value)
    {
        _family = family;
        _value = value;
    }

    /// <summary>Each client address for itself: /32 or /128.</summary>
    public static IpvsNetmask Host => default;

    /// <summary>Whether this is <see cref="Host"/>.</summary>
    public bool IsHost => _family == AddressFamily.Unspecified;

    /// <summary>The mask's family, or <see cref="AddressFamily.Unspecified"/> for <see cref="Host"/>, which fits both.</summary>
    public AddressFamily Family => _family;

    /// <summary>The length of the prefix, 0–32 or 1–128; null for <see cref="Host"/> and for an IPv4 mask with holes.</summary>
    public int? PrefixLength => _family switch
    {
        AddressFamily.InterNetworkV6 => (int)_value,
        AddressFamily.InterNetwork when BitOperations.LeadingZeroCount(~_value) is var ones && (ones == 32 || _value << ones == 0) => ones,
        _ => null,
    };

    /// <summary>A mask by the length of its prefix.</summary>
    /// <param name="length">0–32 for IPv4, 1–128 for IPv6 (the kernel refuses 0).</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length or the family is out of range.</exception>
    public static IpvsNetmask FromPrefixLength(int length, AddressFamily family)
    {
        switch (family)
        {
            case AddressFamily.InterNetwork:
                ArgumentOutOfRangeException.ThrowIfNegative(length);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 32);
                return FromBits(length == 0 ? 0 : uint.MaxValue << (32 - length));
            case AddressFamily.InterNetworkV6:
                ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 128);
                return length == 128 ? Host : new IpvsNetmask(family, (uint)length);
            default:
                throw new ArgumentOutOfRangeException(nameof(family), family, "the family must be IPv4 or IPv6");
        }
    }

    /// <summary>An IPv4 mask such as 255.255.255.0; one with holes is allowed, as in the kernel.</summary>
    /// <param name="mask">An IPv4 address.</param>
    /// <exception cref="ArgumentException">The mask is not an IPv4 address.</exception>
    public static IpvsNetmask FromAddress(IPAddress mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.AddressFamily != AddressFamily.InterNetwork)
            throw new ArgumentException($"{mask} is not an IPv4 mask", nameof(mask));
        Span<byte> bytes = stackalloc byte[4];
        mask.TryWriteBytes(bytes, out _);
        return FromBits(BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }

    internal static IpvsNetmask FromBits(uint mask) => mask == uint.MaxValue ? Host : new IpvsNetmask(AddressFamily.InterNetwork, mask);

    /// <summary>The mask of an IPv4 service in host order.</summary>
    internal uint Bits => IsHost ? uint.MaxValue : _value;

    /// <summary>The prefix length of an IPv6 service.</summary>
    internal uint Prefix => IsHost ? 128 : _value;

    /// <summary><c>255.255.255.0</c>, <c>64</c>, or <c>host</c>.</summary>
    public override string ToString() => _family switch
    {
        AddressFamily.InterNetwork => string.Create(CultureInfo.InvariantCulture, $"{_value >> 24}.{(_value >> 16) & 255}.{(_value >> 8) & 255}.{_value & 255}"),
        AddressFamily.InterNetworkV6 => _value.ToString(CultureInfo.InvariantCulture),
        _ => "host",
    };
}
