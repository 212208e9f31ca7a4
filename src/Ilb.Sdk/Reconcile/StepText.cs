using System.Globalization;
using System.Text;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Operations as a person and a program read them.</summary>
internal static class StepText
{
    private const string ForChecks = "for health checks";

    public static PlanStep Describe(PlannedOperation planned, StepFailure? failure = null)
    {
        var (action, subject, detail) = Parts(planned.Operation);
        return new PlanStep { Action = action, Subject = subject, Rule = planned.Rule, Detail = planned.IsProbe && detail.Length > 0 ? $"{detail}, {ForChecks}" : detail, Failure = failure };
    }

    public static PlanStep Describe(VirtualService service, StepAction action, StepFailure? failure = null) =>
        new() { Action = action, Subject = $"service {service.Service.Key}", Rule = service.Rule, Detail = service.IsProbe ? $"{Detail(service.Service)}, {ForChecks}" : Detail(service.Service), Failure = failure };

    private static (StepAction Action, string Subject, string Detail) Parts(IpvsOperation operation) => operation switch
    {
        IpvsOperation.AddService add => (StepAction.Add, $"service {add.Service.Key}", Detail(add.Service)),
        IpvsOperation.UpdateService update => (StepAction.Update, $"service {update.Service.Key}", Detail(update.Service)),
        IpvsOperation.RemoveService remove => (StepAction.Remove, $"service {remove.Service}", ""),
        IpvsOperation.AddDestination add => (StepAction.Add, $"destination {add.Destination} of service {add.Service}", Detail(add.Destination)),
        IpvsOperation.UpdateDestination update => (StepAction.Update, $"destination {update.Destination} of service {update.Service}", Detail(update.Destination)),
        IpvsOperation.RemoveDestination remove => (StepAction.Remove, $"destination {NumericAddress.Bracketed(remove.Address)}:{remove.Port} of service {remove.Service}", ""),
        _ => throw new ArgumentException($"{operation} is never planned", nameof(operation)),
    };

    // All that a rule can say of a service: what an update leaves out would look like no change.
    private static string Detail(IpvsService service)
    {
        var detail = new StringBuilder(service.Scheduler);
        if (service.SchedulerOptions.HasFlag(IpvsSchedulerOptions.Fallback))
            detail.Append(", fallback");
        if (service.SchedulerOptions.HasFlag(IpvsSchedulerOptions.Port))
            detail.Append(", hash-port");
        if (service.Persistence is { } persistence)
            detail.Append(CultureInfo.InvariantCulture, $", sticky for {persistence.Timeout.TotalSeconds} s{(persistence.Netmask.PrefixLength is { } prefix ? $", pmask /{prefix}" : "")}");
        if (service.PersistenceEngine is { } engine)
            detail.Append(CultureInfo.InvariantCulture, $", pe {engine}");
        return detail.Append(service.OnePacket ? ", ops" : "").ToString();
    }

    private static string Detail(IpvsDestination destination)
    {
        var detail = new StringBuilder(Word(destination.Forwarding));
        if (destination.Tunnel != default)
            detail.Append(CultureInfo.InvariantCulture, $" {destination.Tunnel.Kind.ToString().ToLowerInvariant()}{(destination.Tunnel.Port == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $":{destination.Tunnel.Port}"))}, checksum {Word(destination.Tunnel.Checksum)}");
        detail.Append(CultureInfo.InvariantCulture, $", weight {destination.Weight}");
        if (destination.UpperThreshold != 0)
            detail.Append(CultureInfo.InvariantCulture, $", connections at most {destination.UpperThreshold}");
        if (destination.LowerThreshold != 0)
            detail.Append(CultureInfo.InvariantCulture, $", again below {destination.LowerThreshold}");
        return detail.ToString();
    }

    private static string Word(IpvsTunnelChecksum checksum) => checksum switch
    {
        IpvsTunnelChecksum.Full => "yes",
        IpvsTunnelChecksum.Remote => "remote",
        _ => "no",
    };

    private static string Word(IpvsForwarding forwarding) => forwarding switch
    {
        IpvsForwarding.DirectRouting => "DSR",
        IpvsForwarding.Tunnel => "TUN",
        _ => "HALF-NAT",
    };
}
