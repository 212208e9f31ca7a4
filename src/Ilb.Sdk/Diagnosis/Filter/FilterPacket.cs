namespace Ilb;

/// <summary>A packet on its way through this machine, as far as it is known.</summary>
internal sealed record FilterPacket
{
    public required bool IsV6 { get; init; }

    /// <summary>As nft names it: <c>tcp</c>, <c>udp</c>, <c>sctp</c>, <c>ipencap</c>, …</summary>
    public required string Protocol { get; init; }

    public Operand? Source { get; init; }

    public Operand? Destination { get; init; }

    /// <summary>Null also for what has no ports.</summary>
    public Operand? SourcePort { get; init; }

    public Operand? DestinationPort { get; init; }

    /// <summary>The state that connection tracking gives it.</summary>
    public string? State { get; init; }

    public bool IsReply { get; init; }

    public uint? Mark { get; init; }

    /// <summary>Whether our own table has given it its mark.</summary>
    public bool IsMarked { get; init; }

    /// <summary>The flags of TCP.</summary>
    public byte Flags { get; init; }

    /// <summary>The interface that it came by; an empty word if there is none.</summary>
    public Operand? Input { get; init; }

    /// <summary>The interface that it leaves by; an empty word if there is none yet.</summary>
    public Operand? Output { get; init; }

    /// <summary>Whose its destination is: <c>local</c>, <c>unicast</c>.</summary>
    public string? DestinationKind { get; init; }

    /// <summary>What the client asked for, where the connection is tracked.</summary>
    public Operand? Asked { get; init; }

    public Operand? AskedPort { get; init; }

    /// <summary>The protocol with its number, which nft writes where there is no /etc/protocols.</summary>
    public Operand ProtocolWord => Operand.Of(Protocol, Protocol switch { "tcp" => 6u, "udp" => 17u, "sctp" => 132u, "ipencap" => 4u, "ipv6" => 41u, "gre" => 47u, _ => null });

    public bool IsTracked => State is not ("untracked" or "invalid" or null);
}
