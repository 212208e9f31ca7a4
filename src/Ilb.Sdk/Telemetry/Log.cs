using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>What is logged; the event ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Configuration {Version} saved, changes: {Changes}")]
    public static partial void Saved(ILogger logger, string version, int changes);

    [LoggerMessage(2, LogLevel.Warning, "Service {Service} of rule {Rule} was in the kernel already, exactly as wanted: taken over")]
    public static partial void Adopted(ILogger logger, string service, string rule);

    [LoggerMessage(3, LogLevel.Error, "Could not {Step}: {Reason} (errno {Errno})")]
    public static partial void StepFailed(ILogger logger, string step, string reason, int errno);

    [LoggerMessage(4, LogLevel.Warning, "Could not note what is in the kernel: {Reason}")]
    public static partial void StateNotSaved(ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Healed: {Did} {Subject} of rule {Rule}, which {Found}")]
    public static partial void Healed(ILogger logger, string did, string subject, string rule, string found);

    [LoggerMessage(6, LogLevel.Warning, "Healed: removed {Subject}, which no rule asks for")]
    public static partial void HealedLeftOver(ILogger logger, string subject);

    [LoggerMessage(7, LogLevel.Information, "Tried again, with success: {Step}")]
    public static partial void Retried(ILogger logger, string step);

    [LoggerMessage(8, LogLevel.Error, "Could not look at the kernel, so what others did to it is not healed: {Reason}; tried again and again")]
    public static partial void NotLooked(ILogger logger, string reason);

    [LoggerMessage(9, LogLevel.Information, "Could look at the kernel again")]
    public static partial void LookedAgain(ILogger logger);

    [LoggerMessage(10, LogLevel.Information, "Configuration {Version} reloaded")]
    public static partial void Reloaded(ILogger logger, string version);

    [LoggerMessage(11, LogLevel.Error, "Reload refused, the configuration before goes on: {Reasons}")]
    public static partial void ReloadRefused(ILogger logger, string reasons);

    [LoggerMessage(12, LogLevel.Error, "Could not bring the kernel to what the health checks found: {Reason}; tried again and again")]
    public static partial void NotFollowed(ILogger logger, string reason);

    [LoggerMessage(15, LogLevel.Error, "A step of the engine failed; it goes on")]
    public static partial void LoopStumbled(ILogger logger, Exception failure);

    [LoggerMessage(13, LogLevel.Warning, "Server {Server} of rule {Rule} is {Health}: {Reason}")]
    public static partial void ServerLost(ILogger logger, string server, string rule, string health, string reason);

    [LoggerMessage(14, LogLevel.Information, "Server {Server} of rule {Rule} is {Health}")]
    public static partial void ServerFound(ILogger logger, string server, string rule, string health);

    [LoggerMessage(16, LogLevel.Information, "Server {Server} of rule {Rule} has no connections any more and is gone")]
    public static partial void Drained(ILogger logger, string server, string rule);

    [LoggerMessage(17, LogLevel.Warning, "Server {Server} of rule {Rule} is gone; its time was over, and connections were cut: {Connections}")]
    public static partial void Cut(ILogger logger, string server, string rule, long connections);

    [LoggerMessage(18, LogLevel.Error, "The program {Program} of notify failed for server {Server} of rule {Rule}: {Reason}; the same again is not told for ten minutes")]
    public static partial void NotNotified(ILogger logger, string program, string rule, string server, string reason);

    [LoggerMessage(19, LogLevel.Warning, "Rule {Rule} is served by its sorry group {Group}: too few of its servers are able")]
    public static partial void SorryServes(ILogger logger, string rule, string group);

    [LoggerMessage(20, LogLevel.Information, "Rule {Rule} is served by its own group again")]
    public static partial void SorryEnds(ILogger logger, string rule);

    [LoggerMessage(40, LogLevel.Warning, "Health checks that this machine cannot carry out leave servers as they were: {Reason}")]
    public static partial void CannotProbe(ILogger logger, string reason);

    [LoggerMessage(41, LogLevel.Error, "A step of the health checks failed; they go on")]
    public static partial void HealthStumbled(ILogger logger, Exception failure);

    [LoggerMessage(42, LogLevel.Debug, "Probe {Probe} threw for server {Server}")]
    public static partial void ProbeThrew(ILogger logger, string probe, System.Net.IPAddress server, Exception failure);

    [LoggerMessage(46, LogLevel.Warning, "All {Count} marks of marks.mask in node.json are taken: some DSR and TUN servers are checked at their own address, not by the way of the traffic")]
    public static partial void NoMarkLeft(ILogger logger, uint count);

    [LoggerMessage(47, LogLevel.Warning, "Cannot read the routes to servers: {Reason}; until the next audit they are checked at their own address")]
    public static partial void RoutesNotRead(ILogger logger, string reason);
}
