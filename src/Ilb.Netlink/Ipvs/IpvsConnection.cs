using System.Net;

namespace Ilb.Netlink.Ipvs;

/// <summary>An entry of the kernel's connection table, which <c>/proc/net/ip_vs_conn</c> shows: a connection or a persistence template.</summary>
public sealed record IpvsConnection
{
    /// <summary>The protocol as the kernel names it: <c>TCP</c>, <c>UDP</c>, <c>SCTP</c>, <c>IP</c> (a template of a firewall mark), <c>IP_51</c>, …</summary>
    public required string Protocol { get; init; }

    /// <summary>The client's address; of a template, masked.</summary>
    public required IPAddress ClientAddress { get; init; }

    /// <summary>The client's port; 0 in a template.</summary>
    public required ushort ClientPort { get; init; }

    /// <summary>The virtual address; of a firewall mark's template (protocol <c>IP</c>) its first four bytes are the mark.</summary>
    public required IPAddress VirtualAddress { get; init; }

    /// <summary>The virtual port.</summary>
    public required ushort VirtualPort { get; init; }

    /// <summary>The destination's address; its family may differ from the client's (tunnels).</summary>
    public required IPAddress DestinationAddress { get; init; }

    /// <summary>The destination's port.</summary>
    public required ushort DestinationPort { get; init; }

    /// <summary>The state as the kernel names it: <c>ESTABLISHED</c>, <c>SYN_RECV</c>, <c>FIN_WAIT</c>, …, <c>UDP</c>; of a template <c>NONE</c> or <c>ASSURED</c>.</summary>
    public required string State { get; init; }

    /// <summary>How long until it expires without further packets, in whole seconds. The kernel prolongs a template that still has connections.</summary>
    public required TimeSpan Expires { get; init; }

    /// <summary>The persistence engine, or null.</summary>
    public string? PersistenceEngine { get; init; }

    /// <summary>What the persistence engine keeps (for <c>sip</c> the Call-ID), or null.</summary>
    public string? PersistenceData { get; init; }
}
