namespace Ilb.Netlink.Ipvs;

/// <summary>Idle timeouts of connections in a network namespace, in whole seconds up to 2,147,483 s. In a change, null or zero keeps the present value; reading fills all of them.</summary>
public sealed record IpvsTimeouts
{
    /// <summary>Established TCP connections. The kernel's default is 900 s.</summary>
    public TimeSpan? Tcp { get; init; }

    /// <summary>TCP connections after a FIN. The kernel's default is 120 s.</summary>
    public TimeSpan? TcpFin { get; init; }

    /// <summary>UDP. The kernel's default is 300 s.</summary>
    public TimeSpan? Udp { get; init; }
}
