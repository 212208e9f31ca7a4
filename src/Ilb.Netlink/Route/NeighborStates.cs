namespace Ilb.Netlink.Route;

/// <summary>What is known of a neighbour (<c>NUD_*</c> in include/uapi/linux/neighbour.h); other bits may be set too.</summary>
[Flags]
public enum NeighborStates : ushort
{
    /// <summary>Nothing of the below.</summary>
    None = 0,

    /// <summary>It is being asked for, and has not answered yet.</summary>
    Incomplete = 0x01,

    /// <summary>It answered a moment ago.</summary>
    Reachable = 0x02,

    /// <summary>It answered once.</summary>
    Stale = 0x04,

    /// <summary>It answered once, and is about to be asked again.</summary>
    Delay = 0x08,

    /// <summary>It answered once, and is being asked again.</summary>
    Probe = 0x10,

    /// <summary>It was asked and did not answer.</summary>
    Failed = 0x20,

    /// <summary>It needs no asking.</summary>
    NoArp = 0x40,

    /// <summary>An administrator has set it.</summary>
    Permanent = 0x80,
}
