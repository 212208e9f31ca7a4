namespace Ilb;

/// <summary>Which daemon a program talks to, and how long it waits for it.</summary>
public sealed record RemoteLoadBalancerOptions
{
    /// <summary>The daemon's Unix socket. Default <c>/run/ilb/ilbd.sock</c>.</summary>
    public string SocketPath { get; set; } = "/run/ilb/ilbd.sock";

    /// <summary>How long a call waits for its whole answer, 1 ms to 1 hour. It does not count for events once they come. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long events look for a daemon that went away, up to a day, before they end with <see cref="IlbErrorCode.DaemonUnreachable"/>. Default 5 minutes; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> = for ever.
    /// </summary>
    public TimeSpan ReconnectTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    // In bytes. A configuration may have 64 MB, a result names it beside its steps.
    internal int MaximumAnswer { get; init; } = 256 << 20;

    /// <summary>All that is wrong with the options; empty if nothing is.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new List<IlbError>();
        if (string.IsNullOrEmpty(SocketPath))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "socketPath", Message = "the path of the socket is empty" });
        if (Timeout < TimeSpan.FromMilliseconds(1) || Timeout > TimeSpan.FromHours(1))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "timeout", Message = "the timeout is out of range, allowed is 1 ms to 1 hour" });
        if (ReconnectTimeout != System.Threading.Timeout.InfiniteTimeSpan && (ReconnectTimeout < TimeSpan.Zero || ReconnectTimeout > TimeSpan.FromDays(1)))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "reconnectTimeout", Message = "the reconnect timeout is out of range, allowed is 0 to 1 day, or infinite" });
        return errors.ToValueList();
    }
}
