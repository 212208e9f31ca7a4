namespace Ilb.Netlink.Ipvs;

/// <summary>Stickiness: connections of one client go to one destination (<c>IP_VS_SVC_F_PERSISTENT</c>).</summary>
public sealed record IpvsPersistence
{
    /// <summary>How long a client stays with its destination after its last new connection, in whole seconds. Default 300 s (ipvsadm's own is 360 s, whatever its manual page says); 1 s to 31 days.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Which client addresses count as one client. Default <see cref="IpvsNetmask.Host"/>.</summary>
    public IpvsNetmask Netmask { get; init; }
}
