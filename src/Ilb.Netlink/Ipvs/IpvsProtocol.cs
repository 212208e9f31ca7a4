namespace Ilb.Netlink.Ipvs;

/// <summary>The transport protocol of a service, by its IP protocol number (IANA).</summary>
public enum IpvsProtocol : ushort
{
    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,

    /// <summary>SCTP.</summary>
    Sctp = 132,
}
