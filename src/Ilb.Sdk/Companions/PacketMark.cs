using System.Globalization;
using System.Net;

namespace Ilb;

/// <summary>Packets that get a rule's mark, by which a service takes them.</summary>
internal sealed record PacketMark : Companion, IFilterObject
{
    /// <summary>The rule's.</summary>
    public required uint Number { get; init; }

    public required IPAddress Address { get; init; }

    public required Protocol Protocol { get; init; }

    public required PortRange Ports { get; init; }

    /// <summary>The mark.</summary>
    public required uint Mark { get; init; }

    /// <summary>The bits of a packet's mark that are written; the others stay as they are.</summary>
    public required uint Mask { get; init; }

    public override string Id => IdOf(Number);

    public override CompanionStage Stage => CompanionStage.Before;

    public override string Subject => $"mark of {Protocol.ToText()} {NumericAddress.WithPorts(Address, Ports == PortRange.All ? null : Ports)}";

    public override string Detail => string.Create(CultureInfo.InvariantCulture, $"0x{Mark:x8}/0x{Mask:x8}");

    public static string IdOf(uint number) => string.Create(CultureInfo.InvariantCulture, $"mark {number}");
}
