using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>What is logged of a load balancer's life in a host; the event ids are stable, and none of <see cref="Log"/>.</summary>
internal static partial class HostLog
{
    [LoggerMessage(101, LogLevel.Error, "Load balancer{Name} could not put its configuration into the kernel at the start: {Reason}; tried again and again")]
    public static partial void NotStarted(ILogger logger, string name, string reason);
}
