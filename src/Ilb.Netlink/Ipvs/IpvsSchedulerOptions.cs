namespace Ilb.Netlink.Ipvs;

/// <summary>Flags of a service whose meaning its scheduler defines (<c>IP_VS_SVC_F_SCHED1</c> to <c>3</c> in include/uapi/linux/ip_vs.h). Set for another scheduler they do nothing.</summary>
[Flags]
public enum IpvsSchedulerOptions : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The first flag.</summary>
    Flag1 = 0x08,

    /// <summary>The second flag.</summary>
    Flag2 = 0x10,

    /// <summary>The third flag.</summary>
    Flag3 = 0x20,

    /// <summary>For <c>sh</c> and <c>mh</c>: choose another destination when the hashed one has weight 0 or is overloaded, instead of refusing.</summary>
    Fallback = Flag1,

    /// <summary>For <c>sh</c> and <c>mh</c>: the source port is part of the hash.</summary>
    Port = Flag2,
}
