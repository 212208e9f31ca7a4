using System.Globalization;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Operations as a person and a program read them.</summary>
internal static class StepText
{
    public static PlanStep Describe(PlannedOperation planned, StepFailure? failure = null)
    {
        var (action, subject, detail) = Parts(planned.Operation);
        return new PlanStep { Action = action, Subject = subject, Rule = planned.Rule, Detail = detail, Failure = failure };
    }

    public static PlanStep Describe(VirtualService service, StepAction action, StepFailure? failure = null) =>
        new() { Action = action, Subject = $"service {service.Service.Key}", Rule = service.Rule, Detail = Detail(service.Service), Failure = failure };

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

    private static string Detail(IpvsService service) =>
        service.SchedulerOptions == IpvsSchedulerOptions.None ? service.Scheduler : $"{service.Scheduler}, flags {service.SchedulerOptions}";

    private static string Detail(IpvsDestination destination)
    {
        var limits = destination.UpperThreshold == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", connections at most {destination.UpperThreshold}");
        return string.Create(CultureInfo.InvariantCulture, $"{Word(destination.Forwarding)}, weight {destination.Weight}{limits}");
    }

    private static string Word(IpvsForwarding forwarding) => forwarding switch
    {
        IpvsForwarding.DirectRouting => "DSR",
        IpvsForwarding.Tunnel => "TUN",
        _ => "HALF-NAT",
    };
}
