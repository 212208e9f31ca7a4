using Ilb.Netlink.Ipvs;
using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>Brings the kernel to what a configuration asks for.</summary>
internal sealed class Reconciler(IForwarder forwarder, ILogger logger)
{
    // Up to so many services, reading the destinations of all costs a change nothing that a person would notice, and finds what others did to them.
    private const int FewServices = 64;

    private static readonly HashSet<IpvsServiceKey> EmptySet = [];

    /// <summary>What there is to do. It reads the kernel, if any rule or anything of ours needs it.</summary>
    /// <param name="before">What the present configuration asks for.</param>
    /// <param name="wanted">What the next one asks for.</param>
    /// <param name="state">What is ours.</param>
    /// <param name="touched">Rules to look at closely, whatever is known of them.</param>
    /// <param name="isSettled">Whether the kernel was left with all of <paramref name="before"/>: then, where there are many, only what differs is looked at closely.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<Plan> PlanAsync(
        IReadOnlyDictionary<IpvsServiceKey, VirtualService> before,
        IReadOnlyDictionary<IpvsServiceKey, VirtualService> wanted,
        RuntimeState state,
        IReadOnlySet<string> touched,
        bool isSettled,
        CancellationToken cancellationToken)
    {
        // A machine without IPVS may still hold server groups and disabled rules.
        if (wanted.Count == 0 && state.Owned.Count == 0)
            return Planner.Plan(wanted, new Dictionary<IpvsServiceKey, Observation>(), state.Owned, EmptySet);
        var observed = new Dictionary<IpvsServiceKey, Observation>();
        foreach (var (key, found) in await forwarder.GetServicesAsync(state.Owned, cancellationToken).ConfigureAwait(false))
        {
            var isKnown = isSettled && wanted.Count > FewServices && state.Owned.Contains(key) && before.TryGetValue(key, out var old) && wanted.TryGetValue(key, out var next) && old == next && !touched.Contains(next.Rule);
            var isOfOthers = !wanted.ContainsKey(key);
            observed.Add(key, new Observation
            {
                Service = found.Service,
                Destinations = isKnown || isOfOthers ? null : await DestinationsAsync(key, cancellationToken).ConfigureAwait(false),
            });
        }

        return Planner.Plan(wanted, observed, state.Owned, state.IsLost ? before.Keys.ToHashSet() : EmptySet);
    }

    /// <summary>Carries out a plan. Steps that fail do not stop the others.</summary>
    /// <returns>All steps, failed ones with their reason; and the services that are not ours any more.</returns>
    public async Task<(ValueList<PlanStep> Steps, ValueList<IpvsServiceKey> Disowned)> CarryOutAsync(Plan plan)
    {
        var failures = new Dictionary<int, StepFailure>();
        // Services first: where one could not be made, another of its key may be there, which is not to get our servers.
        await ApplyAsync(plan, static operation => operation is IpvsOperation.AddService, failures).ConfigureAwait(false);
        var unmade = failures.ToDictionary(failed => ((IpvsOperation.AddService)plan.Operations[failed.Key].Operation).Service.Key, static failed => failed.Value.Code);
        for (var i = 0; i < plan.Operations.Count; i++)
        {
            if (plan.Operations[i].Operation is IpvsOperation.AddDestination add && unmade.TryGetValue(add.Service, out var code))
                failures[i] = new StepFailure { Code = code, Message = "not tried, because its service could not be added", IsTransient = true };
        }

        await ApplyAsync(plan, operation => operation is not IpvsOperation.AddService && !(operation is IpvsOperation.AddDestination add && unmade.ContainsKey(add.Service)), failures)
            .ConfigureAwait(false);

        var steps = new List<PlanStep>(Describe(plan.Adopted, plan.Clashes));
        var disowned = new List<IpvsServiceKey>(plan.Vanished);
        for (var i = 0; i < plan.Operations.Count; i++)
        {
            var planned = plan.Operations[i];
            var failure = failures.GetValueOrDefault(i);
            // Gone already is as good as removed.
            if (failure?.Code == IlbErrorCode.NotFound && planned.Operation is IpvsOperation.RemoveService or IpvsOperation.RemoveDestination)
                failure = null;
            // The kernel said no: somebody else's was there first, or none came to be. Where it said nothing, the service may be there, and then it is ours.
            if (failure is { IsTransient: false } && planned.Operation is IpvsOperation.AddService add)
                disowned.Add(add.Service.Key);
            if (failure is null && planned.Operation is IpvsOperation.RemoveService removed)
                disowned.Add(removed.Service);
            steps.Add(StepText.Describe(planned, failure));
        }

        foreach (var adopted in plan.Adopted)
            Log.Adopted(logger, adopted.Service.Key.ToString(), adopted.Rule);
        foreach (var step in steps)
        {
            if (step.Failure is { } failure)
                Log.StepFailed(logger, step.ToString(), failure.Message, failure.Errno);
        }

        return (steps.ToValueList(), disowned.ToValueList());
    }

    /// <summary>A plan's steps, none of them tried.</summary>
    public static ValueList<PlanStep> Describe(Plan plan) =>
        [.. Describe(plan.Adopted, plan.Clashes), .. plan.Operations.Select(static planned => StepText.Describe(planned))];

    public static IlbError ClashError(VirtualService service) => new()
    {
        Code = IlbErrorCode.ForeignService,
        Message = $"rule {service.Rule}: the kernel already has a service {service.Service.Key} that somebody else has made (see 'ipvsadm -Ln'): remove it there, or choose another VIP or port",
    };

    private static IEnumerable<PlanStep> Describe(ValueList<VirtualService> adopted, ValueList<VirtualService> clashes) =>
        adopted.Select(static service => StepText.Describe(service, StepAction.Adopt)).Concat(clashes.Select(static service =>
            StepText.Describe(service, StepAction.Add, new StepFailure { Code = IlbErrorCode.ForeignService, Message = ClashError(service).Message })));

    private async Task ApplyAsync(Plan plan, Func<IpvsOperation, bool> isMeant, Dictionary<int, StepFailure> failures)
    {
        var places = Enumerable.Range(0, plan.Operations.Count).Where(index => isMeant(plan.Operations[index].Operation)).ToArray();
        if (places.Length == 0)
            return;
        try
        {
            // Not cancelled any more: the configuration is saved.
            foreach (var failure in await forwarder.ApplyAsync([.. places.Select(index => plan.Operations[index].Operation)], CancellationToken.None).ConfigureAwait(false))
                failures[places[failure.Index]] = failure.Failure;
        }
        catch (IlbException e)
        {
            // The connection to the kernel broke: what has happened is unknown, so each step counts as failed and the next look tells.
            foreach (var place in places)
                failures[place] = new StepFailure { Code = e.Code, Message = e.Message, IsTransient = true };
        }
    }

    private async Task<ValueList<IpvsDestination>> DestinationsAsync(IpvsServiceKey key, CancellationToken cancellationToken) =>
        (await forwarder.GetDestinationsAsync(key, cancellationToken).ConfigureAwait(false)).Select(static found => found.Destination).ToValueList();
}
