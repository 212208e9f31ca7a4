using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>What is logged; the event ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Configuration {Version} saved: {Changes} changes")]
    public static partial void Saved(ILogger logger, string version, int changes);

    [LoggerMessage(2, LogLevel.Warning, "Service {Service} of rule {Rule} was in the kernel already, exactly as wanted: taken over")]
    public static partial void Adopted(ILogger logger, string service, string rule);

    [LoggerMessage(3, LogLevel.Error, "Could not {Step}: {Reason} (errno {Errno})")]
    public static partial void StepFailed(ILogger logger, string step, string reason, int errno);

    [LoggerMessage(4, LogLevel.Warning, "Could not note what is in the kernel: {Reason}")]
    public static partial void StateNotSaved(ILogger logger, string reason);
}
