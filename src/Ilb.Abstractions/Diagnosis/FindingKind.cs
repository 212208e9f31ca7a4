namespace Ilb;

/// <summary>What a <see cref="Finding"/> is about, for a program to switch on.</summary>
/// <remarks>Numbers are stable; new kinds are added at the end.</remarks>
public enum FindingKind
{
    /// <summary>The packet filter drops or rejects packets of a rule.</summary>
    PacketsDropped = 0,

    /// <summary>The packet filter takes packets to a VIP elsewhere before IPVS sees them.</summary>
    DestinationTranslated = 1,

    /// <summary>The packet filter gives packets to servers another source.</summary>
    SourceTranslated = 2,

    /// <summary>The packet filter keeps connections from being tracked that must be.</summary>
    NotTracked = 3,

    /// <summary>The packet filter gives packets a mark by which they miss their rule.</summary>
    Marked = 4,

    /// <summary>Nothing in the packet filter gives the mark that a rule waits for.</summary>
    NotMarked = 5,

    /// <summary>A flowtable leads packets around IPVS.</summary>
    Offloaded = 6,

    /// <summary>The packet filter, or a part of it, could not be looked at.</summary>
    FilterUnknown = 7,

    /// <summary>The ports of translated sources are used up, or nearly.</summary>
    SourcePorts = 8,

    /// <summary>The table of tracked connections is full or nearly so, or has turned connections away.</summary>
    ConnectionTracking = 9,

    /// <summary>A setting of the kernel is in the way.</summary>
    Setting = 10,

    /// <summary>Packets to a VIP are not for this machine, or do not arrive at it.</summary>
    VipNotHere = 11,

    /// <summary>A VIP may be the source of this machine's own packets.</summary>
    VipAsSource = 12,

    /// <summary>The kernel does not hold what a rule asks for.</summary>
    KernelDiffers = 13,

    /// <summary>A service of somebody else is in a rule's place.</summary>
    ForeignService = 14,

    /// <summary>No server of a rule gets new connections.</summary>
    NoServer = 15,

    /// <summary>Two ways to one port of a server can break each other's connections.</summary>
    Collision = 16,

    /// <summary>A hash has no room for all servers.</summary>
    TooManyServers = 17,

    /// <summary>A server cannot be reached.</summary>
    ServerUnreachable = 18,

    /// <summary>A server is not on a network of this machine, though it must be.</summary>
    ServerBehindRouter = 19,

    /// <summary>A server is this machine itself.</summary>
    ServerLocal = 20,

    /// <summary>Connections are not synchronised to another balancer.</summary>
    Synchronization = 21,

    /// <summary>A rule is disabled.</summary>
    RuleDisabled = 22,
}
