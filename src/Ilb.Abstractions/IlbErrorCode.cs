namespace Ilb;

/// <summary>What went wrong, for a program to switch on. Numbers are stable; new codes are added at the end.</summary>
public enum IlbErrorCode
{
    /// <summary>A value is missing, malformed or out of range, or does not go together with another.</summary>
    InvalidArgument = 0,

    /// <summary>An object that is neither rule, server group nor server does not exist.</summary>
    NotFound = 1,

    /// <summary>An object that is not a server group is used by another.</summary>
    InUse = 2,

    /// <summary>An object of that name exists already.</summary>
    AlreadyExists = 3,

    /// <summary>The operating system refused: no <c>CAP_NET_ADMIN</c>, no access to a file.</summary>
    PermissionDenied = 4,

    /// <summary>The kernel is busy with another operation. Transient.</summary>
    Busy = 5,

    /// <summary>The same operation is already under way. Transient.</summary>
    InProgress = 6,

    /// <summary>Out of memory. Transient.</summary>
    OutOfMemory = 7,

    /// <summary>A rule overlaps another in VIP, protocol and ports.</summary>
    RuleOverlaps = 8,

    /// <summary>The rule does not exist.</summary>
    NoSuchRule = 9,

    /// <summary>Addresses of the VIP and of servers are of different families.</summary>
    FamilyMismatch = 10,

    /// <summary>The server group does not exist.</summary>
    NoSuchServerGroup = 11,

    /// <summary>A rule uses the server group.</summary>
    ServerGroupInUse = 12,

    /// <summary>A server group of that name exists already.</summary>
    ServerGroupExists = 13,

    /// <summary>The server group has given all of its 2³² server numbers.</summary>
    ServerGroupFull = 14,

    /// <summary>The server group has no server.</summary>
    ServerGroupEmpty = 15,

    /// <summary>A name is longer than 63 characters.</summary>
    NameTooLong = 16,

    /// <summary>A name has a character that is not allowed, or is empty.</summary>
    InvalidName = 17,

    /// <summary>The caller lacks the right for the change.</summary>
    NotAuthorized = 18,

    /// <summary>The configuration could not be saved; nothing changed.</summary>
    SaveFailed = 19,

    /// <summary>Ports of the rule and of a server do not match.</summary>
    PortMismatch = 20,

    /// <summary>A port is no number of 1–65535, or a range is upside down.</summary>
    InvalidPort = 21,

    /// <summary>An address cannot be what it is given for.</summary>
    InvalidAddress = 22,

    /// <summary>A server is given wrongly, or twice.</summary>
    InvalidServer = 23,

    /// <summary>The server does not exist.</summary>
    NoSuchServer = 24,

    /// <summary>A host name has no address.</summary>
    HostNotFound = 25,

    /// <summary>A health check lacks a required value.</summary>
    HealthCheckIncomplete = 26,

    /// <summary>The kind of a health check is not known.</summary>
    InvalidHealthTest = 27,

    /// <summary>The rule has no health check.</summary>
    RuleHasNoHealthCheck = 28,

    /// <summary>The rule and the health check do not go together.</summary>
    HealthCheckMismatch = 29,

    /// <summary>The feature is known, but this version does not have it.</summary>
    NotSupported = 30,

    /// <summary>The configuration cannot be understood; it is left as it is.</summary>
    ConfigurationDamaged = 31,

    /// <summary>The configuration was written by a newer version in a format that this one does not know; it is left as it is.</summary>
    ConfigurationNewer = 32,

    /// <summary>The configuration cannot be read.</summary>
    ConfigurationUnreadable = 33,

    /// <summary>The configuration is not the version that the caller expected.</summary>
    VersionConflict = 34,

    /// <summary>Another process holds the instance. Transient.</summary>
    Locked = 35,

    /// <summary>The kernel has no IPVS.</summary>
    KernelUnavailable = 36,

    /// <summary>The kernel refused a step for a reason without a code of its own.</summary>
    KernelRefused = 37,

    /// <summary>A rule wants a virtual service of the kernel that somebody else has made.</summary>
    ForeignService = 38,

    /// <summary>No answer in time. Transient. Where it was a daemon that was asked for changes, they may have been made; the message says so.</summary>
    Timeout = 39,

    /// <summary>A peer sent something that makes no sense. Where it was a daemon's answer to changes, they may have been made; the message says so.</summary>
    ProtocolError = 40,

    /// <summary>The configuration was edited past the load balancer that keeps it; it must be reloaded before anything is changed.</summary>
    ConfigurationEdited = 41,

    /// <summary>The daemon that answers is another than was named: another instance, configuration or network namespace.</summary>
    OtherDaemon = 42,

    /// <summary>The daemon cannot be reached, or went away before it answered. Transient. In the latter case changes may have been made; the message says so.</summary>
    DaemonUnreachable = 43,

    /// <summary>More is asked for than is served: a request is too large, or there are too many. Transient where it is too many.</summary>
    LimitExceeded = 44,
}
