namespace Ilb.Netlink;

/// <summary>What went wrong in a netlink call, for a program to switch on.</summary>
/// <remarks>Numbers are stable; new codes are added at the end.</remarks>
public enum NetlinkErrorCode
{
    /// <summary>The kernel refused the request with an errno that has no code of its own; see <see cref="NetlinkException.Errno"/>.</summary>
    Refused = 0,

    /// <summary>The object exists already (<c>EEXIST</c>).</summary>
    AlreadyExists = 1,

    /// <summary>The object does not exist (<c>ESRCH</c>, <c>ENOENT</c>, <c>ENODEV</c>, <c>EADDRNOTAVAIL</c>).</summary>
    NotFound = 2,

    /// <summary>The kernel has neither built in nor as a module the scheduler or the persistence engine that a service names (<c>ENOENT</c>).</summary>
    SchedulerNotFound = 3,

    /// <summary>A value is out of range or does not go together with another (<c>EINVAL</c>, <c>ERANGE</c>).</summary>
    InvalidArgument = 4,

    /// <summary>The caller lacks <c>CAP_NET_ADMIN</c> in the initial user namespace (<c>EPERM</c>, <c>EACCES</c>).</summary>
    PermissionDenied = 5,

    /// <summary>The kernel lacks the feature: no <c>ip_vs</c> module, no IPv6, no such netlink family.</summary>
    Unavailable = 6,

    /// <summary>Another operation is under way (<c>EBUSY</c>, <c>EAGAIN</c>). Transient.</summary>
    Busy = 7,

    /// <summary>The kernel is out of memory (<c>ENOMEM</c>, <c>ENOBUFS</c> as an answer). Transient.</summary>
    OutOfMemory = 8,

    /// <summary>The kernel said nothing for <see cref="NetlinkOptions.ResponseTimeout"/>. Whether the request was carried out is unknown. Transient.</summary>
    Timeout = 9,

    /// <summary>The set changed during each of several attempts to list it (<c>NLM_F_DUMP_INTR</c>). Transient.</summary>
    Interrupted = 10,

    /// <summary>The receive queue overflowed and answers were lost (<c>ENOBUFS</c> from <c>recv</c>). Whether the request was carried out is unknown. Transient.</summary>
    Overrun = 11,

    /// <summary>The bytes received are no valid netlink answer.</summary>
    Protocol = 12,

    /// <summary>A system call on the socket or the network namespace failed.</summary>
    SystemCall = 13,
}
