using Ilb.Netlink.Ipvs;
using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>Brings the kernel to what a configuration asks for.</summary>
internal sealed class Reconciler(IForwarder forwarder, ILogger logger)
{
    private static readonly HashSet<IpvsServiceKey> NoKeys = [];

    /// <summary>Looks at what a plan needs.</summary>
    /// <param name="look">What was seen so far. If it is full, it is looked at all services that are there, else only at those that differ or are touched.</param>
    /// <param name="wanted">What should be.</param>
    /// <param name="state">What is ours.</param>
    /// <param name="isSettled">Whether the kernel was left with all that was asked for before: then only what differs or is touched is looked at closely.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static Task ReadAsync(Look look, WantedServices wanted, RuntimeState state, bool isSettled, CancellationToken cancellationToken) =>
        look.ReadAsync(Scope(look, wanted), key => !(isSettled && state.Owned.Contains(key) && wanted.IsAsBefore(key)) && wanted.Find(key) is not null, cancellationToken);

    /// <summary>What there is to do, by what was seen.</summary>
    public static Plan Plan(Look look, WantedServices wanted, RuntimeState state)
    {
        var observed = new Dictionary<IpvsServiceKey, Observation>();
        foreach (var key in Scope(look, wanted))
        {
            if (look.Observe(key) is { } found)
                observed.Add(key, found);
        }

        // Adopted is what was asked for before the memory was lost.
        return look.IsFull
            ? Planner.Plan(wanted.All(), observed, state.Owned, state.IsLost ? wanted.Before.Keys.ToHashSet() : NoKeys, wanted.Takeable)
            : Planner.Plan(wanted.Chosen(), observed, wanted.Closely.Where(state.Owned.Contains).ToHashSet(), NoKeys, wanted.Takeable);
    }

    /// <summary>Carries out a plan. Steps that fail do not stop the others.</summary>
    /// <param name="plan">What to do with services.</param>
    /// <param name="beside">What to do beside them; null (default) = nothing.</param>
    /// <returns>All steps, failed ones with their reason; and the services that are not ours any more.</returns>
    public async Task<(IReadOnlyList<TriedStep> Steps, ValueList<IpvsServiceKey> Disowned)> CarryOutAsync(Plan plan, CompanionRun? beside = null)
    {
        var failures = new Dictionary<int, StepFailure>();
        IReadOnlyList<TriedStep> first = beside is null ? [] : await beside.FirstAsync().ConfigureAwait(false);
        // Services first: where one could not be made, another of its key may be there, which is not to get our servers.
        await ApplyAsync(plan, static operation => operation is IpvsOperation.AddService, failures).ConfigureAwait(false);
        var unmade = failures.ToDictionary(failed => ((IpvsOperation.AddService)plan.Operations[failed.Key].Operation).Service.Key, static failed => failed.Value.Code);
        for (var i = 0; i < plan.Operations.Count; i++)
        {
            if (plan.Operations[i].Operation is IpvsOperation.AddDestination add && unmade.TryGetValue(add.Service, out var code))
                failures[i] = new StepFailure { Code = code, Message = "not tried, because its service could not be added", IsTransient = true };
        }

        // What leads packets from one service to another is changed while both are there.
        var isParted = beside is { HasMiddle: true };
        await ApplyAsync(plan, operation => operation is not IpvsOperation.AddService && !(isParted && IsRemoval(operation)) && !(operation is IpvsOperation.AddDestination add && unmade.ContainsKey(add.Service)), failures)
            .ConfigureAwait(false);
        IReadOnlyList<TriedStep> middle = beside is null ? [] : await beside.MiddleAsync().ConfigureAwait(false);
        if (isParted)
            await ApplyAsync(plan, IsRemoval, failures).ConfigureAwait(false);
        IReadOnlyList<TriedStep> last = beside is null ? [] : await beside.LastAsync().ConfigureAwait(false);

        var steps = new List<TriedStep>(first);
        steps.AddRange(plan.Adopted.Concat(plan.Clashes).Zip(Describe(plan.Adopted, plan.Clashes), static (service, step) => new TriedStep(service.Service.Key, null, step)));
        var disowned = new List<IpvsServiceKey>(plan.Vanished);
        for (var i = 0; i < plan.Operations.Count; i++)
        {
            var planned = plan.Operations[i];
            var failure = failures.GetValueOrDefault(i);
            // Gone already is as good as removed.
            if (failure?.Code == IlbErrorCode.NotFound && IsRemoval(planned.Operation))
                failure = null;
            // The kernel said no: somebody else's was there first, or none came to be. Where it said nothing, the service may be there, and then it is ours.
            if (failure is { IsTransient: false } && planned.Operation is IpvsOperation.AddService add)
                disowned.Add(add.Service.Key);
            if (failure is null && planned.Operation is IpvsOperation.RemoveService removed)
                disowned.Add(removed.Service);
            if (middle.Count > 0 && IsRemoval(planned.Operation))
            {
                steps.AddRange(middle);
                middle = [];
            }

            steps.Add(new TriedStep(planned.Service, null, StepText.Describe(planned, failure)));
        }

        steps.AddRange(middle);
        steps.AddRange(last);
        foreach (var adopted in plan.Adopted)
            Log.Adopted(logger, adopted.Service.Key.ToString(), adopted.Rule);
        LogFailures(logger, steps);
        return (steps, disowned.ToValueList());
    }

    public static void LogFailures(ILogger logger, IEnumerable<TriedStep> steps)
    {
        foreach (var tried in steps)
        {
            if (tried.Step.Failure is { } failure)
                Log.StepFailed(logger, tried.Step.ToString(), failure.Message, failure.Errno);
        }
    }

    /// <summary>A plan's steps, none of them tried.</summary>
    public static ValueList<PlanStep> Describe(Plan plan, CompanionPlan? beside = null) =>
    [
        .. Described(beside?.First),
        .. Describe(plan.Adopted, plan.Clashes),
        .. plan.Operations.Where(static planned => !IsRemoval(planned.Operation)).Select(static planned => StepText.Describe(planned)),
        .. Described(beside?.Middle),
        .. plan.Operations.Where(static planned => IsRemoval(planned.Operation)).Select(static planned => StepText.Describe(planned)),
        .. Described(beside?.Last),
    ];

    public static IlbError ClashError(VirtualService service) => new()
    {
        Code = IlbErrorCode.ForeignService,
        Message = $"rule {Quote.Of(service.Rule)}: the kernel already has a service {service.Service.Key} that somebody else has made (see 'ipvsadm -Ln'): {(service.IsProbe ? $"without one of its own server {service.Destinations[0].Address} is not checked; remove it there, or give Ilb other bits by marks in node.json" : "remove it there, or choose another VIP or port")}",
    };

    private static IEnumerable<PlanStep> Describe(ValueList<VirtualService> adopted, ValueList<VirtualService> clashes) =>
        adopted.Select(static service => StepText.Describe(service, StepAction.Adopt)).Concat(clashes.Select(static service =>
            StepText.Describe(service, StepAction.Add, new StepFailure { Code = IlbErrorCode.ForeignService, Message = ClashError(service).Message })));

    private static IEnumerable<PlanStep> Described(ValueList<CompanionOperation>? operations) => operations?.Select(static operation => operation.Describe()) ?? [];

    private static bool IsRemoval(IpvsOperation operation) => operation is IpvsOperation.RemoveService or IpvsOperation.RemoveDestination;

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

    // Where nothing is known to have happened elsewhere, only what the changes are about.
    private static IEnumerable<IpvsServiceKey> Scope(Look look, WantedServices wanted) => look.IsFull ? look.Found.ToArray() : wanted.Closely;
}
