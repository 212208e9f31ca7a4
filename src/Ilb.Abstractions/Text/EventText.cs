namespace Ilb;

/// <summary>Events for a person.</summary>
internal static class EventText
{
    public static string Of(LoadBalancerEvent happened) => happened switch
    {
        EventsStarted => "events from here on",
        EventsLost => "events are missing here",
        ConfigurationChanged changed => $"configuration changed: {string.Join("; ", changed.Changes)}",
        ConfigurationReloaded => "configuration reloaded",
        ReloadRefused refused => $"reload refused: {string.Join("; ", refused.Errors)}",
        KernelCorrected corrected => $"kernel corrected: {corrected.Step}{(corrected.Step.Rule is { } rule ? $" for rule {Quote.Of(rule)}" : "")}, which {(corrected.IsRetry ? "had been refused" : "others had changed")}",
        KernelStepFailed failed => $"kernel refused: {failed.Step}{(failed.Step.Rule is { } rule ? $" for rule {Quote.Of(rule)}" : "")}: {failed.Step.Failure?.Message}",
        ServerHealthChanged health => $"server {health.Server} of rule {Quote.Of(health.Rule)} is {health.To.ToText()}{(health.Reason is null ? "" : $": {health.Reason}")}",
        ServerDrained drained => $"server {drained.Server} of rule {Quote.Of(drained.Rule)} is gone: {(drained.Connections == 0 ? "its last connection has ended" : $"its time was over, connections cut: {drained.Connections}")}",
        SorryGroupSwitched { IsServing: true } sorry => $"rule {Quote.Of(sorry.Rule)} is served by its sorry group {Quote.Of(sorry.SorryGroup)}: too few of its servers are able",
        SorryGroupSwitched sorry => $"rule {Quote.Of(sorry.Rule)} is served by its own group again",
        KernelUnreadable unreadable => $"kernel cannot be read: {unreadable.Reason}",
        KernelReadable => "kernel can be read again",
        _ => happened.GetType().Name,
    };
}
