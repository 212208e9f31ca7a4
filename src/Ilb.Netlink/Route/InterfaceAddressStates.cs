namespace Ilb.Netlink.Route;

/// <summary>What is special about an address (<c>IFA_F_*</c> in include/uapi/linux/if_addr.h).</summary>
[Flags]
public enum InterfaceAddressStates : uint
{
    /// <summary>Nothing of the below.</summary>
    None = 0,

    /// <summary>IPv4: not the first of its subnet, so never a source by default. Set by the kernel.</summary>
    Secondary = 0x01,

    /// <summary>IPv6: used at once, without duplicate address detection. Right for a VIP that moves.</summary>
    NoDuplicateDetection = 0x02,

    /// <summary>IPv6: detection found another owner. Set by the kernel.</summary>
    DuplicateDetected = 0x08,

    /// <summary>Never a source by default: its preferred lifetime is over. Set by the kernel.</summary>
    Deprecated = 0x20,

    /// <summary>IPv6: detection is under way. Set by the kernel.</summary>
    Tentative = 0x40,

    /// <summary>Without an end. Set by the kernel.</summary>
    Permanent = 0x80,

    /// <summary>Adding it makes no route to its subnet.</summary>
    NoPrefixRoute = 0x200,
}
