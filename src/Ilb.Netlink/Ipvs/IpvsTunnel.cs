namespace Ilb.Netlink.Ipvs;

/// <summary>The tunnel to a destination with <see cref="IpvsForwarding.Tunnel"/>. The default value is plain IPIP.</summary>
public readonly record struct IpvsTunnel
{
    /// <summary>The encapsulation. Default <see cref="IpvsTunnelKind.Ipip"/>.</summary>
    public IpvsTunnelKind Kind { get; init; }

    /// <summary>The UDP port that GUE packets are sent to, 1–65535. 0 for the other kinds.</summary>
    public ushort Port { get; init; }

    /// <summary>The checksum. Default <see cref="IpvsTunnelChecksum.None"/>.</summary>
    public IpvsTunnelChecksum Checksum { get; init; }
}
