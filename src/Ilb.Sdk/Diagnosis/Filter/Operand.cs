using System.Buffers.Binary;
using System.Net;

namespace Ilb;

/// <summary>What is known of a field of a packet. Nothing is null.</summary>
internal abstract record Operand
{
    private Operand()
    {
    }

    public static Operand Of(IPAddress address) => Of(NumberOf(address));

    public static Operand Of(UInt128 number) => new Number(number, number);

    public static Operand Of(PortRange ports) => new Number((UInt128)(uint)ports.First, (UInt128)(uint)ports.Last);

    public static Operand Of(string word, UInt128? number = null) => new Word(word, number);

    /// <summary>An address in the order of its bytes.</summary>
    public static UInt128 NumberOf(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A number, or one of several in a row.</summary>
    public sealed record Number(UInt128 First, UInt128 Last) : Operand
    {
        public bool IsOne => First == Last;
    }

    /// <summary>A word, and the number that nft writes where it does not know the word.</summary>
    public sealed record Word(string Text, UInt128? Code = null) : Operand;

    /// <summary>Any word but one.</summary>
    public sealed record Other(string Text) : Operand;

    /// <summary>Several fields in a row.</summary>
    public sealed record Several(IReadOnlyList<Operand?> Parts) : Operand;
}
