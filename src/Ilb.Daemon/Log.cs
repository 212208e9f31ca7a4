namespace Ilb.Daemon;

/// <summary>What the daemon logs, besides what the load balancer does; the event ids are stable. Those from 200 on are the audit.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "Serves at {Socket}")]
    public static partial void Serving(ILogger logger, string socket);

    [LoggerMessage(101, LogLevel.Information, "Stops")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(102, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception e);

    [LoggerMessage(103, LogLevel.Warning, "node.json gives rights to group {Group}, which this machine does not have")]
    public static partial void UnknownGroup(ILogger logger, string group);

    [LoggerMessage(104, LogLevel.Error, "The settings of the machine are refused, those before go on: {Reasons}")]
    public static partial void SettingsRefused(ILogger logger, string reasons);

    [LoggerMessage(105, LogLevel.Error, "Cannot accept connections: {Reason}; tried again and again")]
    public static partial void NotAccepted(ILogger logger, string reason);

    [LoggerMessage(106, LogLevel.Warning, "{Reason}")]
    public static partial void RunsAsRoot(ILogger logger, string reason);

    [LoggerMessage(107, LogLevel.Information, "{Step}: {Result}")]
    public static partial void Withdrawn(ILogger logger, string step, string result);

    [LoggerMessage(108, LogLevel.Warning, "User {User} (pid {Pid}) asked for events and does not read them: cut")]
    public static partial void ReaderCut(ILogger logger, string user, int pid);

    [LoggerMessage(200, LogLevel.Information, "Audit: user {User} (uid {Uid}, pid {Pid}) did: {Changes}; {Result}")]
    public static partial void Changed(ILogger logger, string user, uint uid, int pid, string changes, string result);

    [LoggerMessage(201, LogLevel.Warning, "Audit: user {User} (uid {Uid}, pid {Pid}) was refused: {Changes}; {Result}")]
    public static partial void ChangeRefused(ILogger logger, string user, uint uid, int pid, string changes, string result);

    [LoggerMessage(202, LogLevel.Warning, "Audit: user {User} (uid {Uid}, pid {Pid}) is not allowed: {Changes}; {Result}")]
    public static partial void NotAllowed(ILogger logger, string user, uint uid, int pid, string changes, string result);

    [LoggerMessage(203, LogLevel.Information, "Audit: SIGHUP did: reload; version {Version}")]
    public static partial void ReloadedBySignal(ILogger logger, string version);

    [LoggerMessage(204, LogLevel.Warning, "Audit: SIGHUP was refused: reload; {Reasons}")]
    public static partial void ReloadBySignalRefused(ILogger logger, string reasons);
}
