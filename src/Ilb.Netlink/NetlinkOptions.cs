namespace Ilb.Netlink;

/// <summary>How a client reaches the kernel. Immutable; one value may serve many clients.</summary>
public sealed record NetlinkOptions
{
    /// <summary>The defaults: the caller's own network namespace, 10 s.</summary>
    public static NetlinkOptions Default { get; } = new();

    /// <summary>
    /// The network namespace to work in, as a path that <c>setns(2)</c> takes: <c>/run/netns/NAME</c> (made by <c>ip netns add</c>) or <c>/proc/PID/ns/net</c>.
    /// Default null: the process's own. Another namespace needs <c>CAP_SYS_ADMIN</c>.
    /// </summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>
    /// How long the kernel may be silent before a call fails with <see cref="NetlinkErrorCode.Timeout"/>. Default 10 s; more than zero, at most <see cref="MaximumResponseTimeout"/>.
    /// It bounds each step of a call, not the whole of a long batch (pass a cancellation token for that); a kernel that hangs in a send is noticed within twice this time.
    /// </summary>
    public TimeSpan ResponseTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(ResponseTimeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaximumResponseTimeout, nameof(ResponseTimeout));
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>The largest <see cref="ResponseTimeout"/>: one hour.</summary>
    public static TimeSpan MaximumResponseTimeout { get; } = TimeSpan.FromHours(1);

    /// <summary>The clock of the deadlines. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
