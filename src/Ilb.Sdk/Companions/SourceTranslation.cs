using System.Globalization;
using System.Net;

namespace Ilb;

/// <summary>Connections whose source is replaced on the way to a server.</summary>
internal sealed record SourceTranslation : Companion, IFilterObject
{
    /// <summary>The rule's.</summary>
    public required uint Number { get; init; }

    /// <summary>The VIP; null where the packets are told by <see cref="Mark"/>.</summary>
    public required IPAddress? Address { get; init; }

    /// <summary>Counts where there is an address: else it is each.</summary>
    public required Protocol Protocol { get; init; }

    public required PortRange Ports { get; init; }

    /// <summary>The mark that others gave the packets; 0 where they are told by the address.</summary>
    public required uint Mark { get; init; }

    /// <summary>What the source becomes, the addresses in turn.</summary>
    public required AddressSpan Sources { get; init; }

    public override string Id => IdOf(Number);

    public override CompanionStage Stage => CompanionStage.Under;

    public override string Subject => Address is null
        ? string.Create(CultureInfo.InvariantCulture, $"translated source of fwmark {Mark}")
        : $"translated source of {Protocol.ToText()} {NumericAddress.WithPorts(Address, Ports == PortRange.All ? null : Ports)}";

    public override string Detail => Sources.ToString();

    public static string IdOf(uint number) => string.Create(CultureInfo.InvariantCulture, $"source {number}");
}
