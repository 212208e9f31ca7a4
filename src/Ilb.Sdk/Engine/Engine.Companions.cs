namespace Ilb;

/// <summary>What the loop does beside the services: the packet filter, addresses, settings.</summary>
internal sealed partial class Engine
{
    // They are looked at together, so they are tried again together.
    private const string Companions = "";

    private readonly ISurroundings _surroundings;
    private readonly Backoff<string> _companionBackoff;

    // What is there beside the services: of all that is wanted or ours, or only of what changes.
    private async Task<FoundCompanions> FindCompanionsAsync(RuntimeState state, WantedCompanions wanted, IReadOnlyCollection<string>? touched, CancellationToken cancellationToken)
    {
        var ids = touched ?? [.. CompanionsOf(state, wanted)];
        var about = ids.Select(id => wanted.Find(id) ?? CompanionIds.Parse(id)).OfType<Companion>().ToArray();
        var isOurs = state.Kept.ContainsKey(CompanionPlanner.TableId);
        // Before our table is there, what comes into it is refused where it cannot be.
        var withFilter = touched is null ? isOurs || about.Any(IsFilter) : !isOurs && about.Any(IsFilter);
        return about.Length == 0 && !withFilter ? FoundCompanions.Nothing : await _surroundings.ReadAsync(about, withFilter, cancellationToken).ConfigureAwait(false);

        static bool IsFilter(Companion companion) => companion is IFilterObject;
    }

    private static IEnumerable<string> CompanionsOf(RuntimeState state, WantedCompanions wanted) => wanted.Ids.Union(state.Kept.Keys);

    // What a list of changes means beside the services.
    private async Task<Batch.Beside> CompareCompanionsAsync(Batch batch, List<RuleChange> rules, Leaving leaving, ProbeChange ways, bool isAsked, CancellationToken cancellationToken)
    {
        var touched = new HashSet<string>();
        var wanted = ways.AddTo(Compilation.CompanionsAfter(batch.Companions.Wanted, rules, (batch.Runtime.Leaving, leaving), _options.Node, touched), touched);
        var isFull = batch.Companions.IsFull || isAsked || !batch.IsSettled || IsDue;
        var all = batch.Companions.Touched.Union(touched).ToHashSet();
        var found = batch.Companions.Found;
        if (isFull || touched.Count > 0)
            found = await FindCompanionsAsync(batch.State, wanted, isFull ? null : all, cancellationToken).ConfigureAwait(false);
        var beside = new Batch.Beside { Wanted = wanted, Touched = all, Own = touched, IsFull = isFull, Found = found };
        // What could not come into the kernel is refused before it is saved.
        if (touched.Any(id => wanted.Find(id) is IFilterObject) && Plan(batch.State, beside).FilterFailure is { } failure)
            throw new IlbException(failure.Code, failure.Message);
        return beside;
    }

    private CompanionPlan Plan(RuntimeState state, Batch.Beside beside) =>
        CompanionPlanner.Plan(beside.IsFull ? CompanionsOf(state, beside.Wanted).Union(beside.Touched) : beside.Touched, beside.Wanted, _compilation.Companions, beside.Found, state.Kept);

    // At each audit, and where something of it failed.
    private async Task PutCompanionsRightAsync()
    {
        var state = Recall();
        var found = await FindCompanionsAsync(state, _compilation.Companions, null, CancellationToken.None).ConfigureAwait(false);
        var plan = Plan(state, new Batch.Beside { Wanted = _compilation.Companions, Touched = new HashSet<string>(), IsFull = true, Found = found });
        if (plan.IsEmpty)
        {
            _companionBackoff.Forget(Companions);
            return;
        }

        var isRetry = _companionBackoff.Count > 0;
        state.Keep(plan.Kept);
        var run = new CompanionRun(_surroundings, plan);
        TriedStep[] steps = [.. await run.FirstAsync().ConfigureAwait(false), .. await run.MiddleAsync().ConfigureAwait(false), .. await run.LastAsync().ConfigureAwait(false)];
        Release(state, run);
        NoteCompanionFailures(steps);
        Reconciler.LogFailures(_logger, steps);
        TellFailures(steps);
        foreach (var step in steps.Where(static step => step.Step.Failure is null))
            LogHealed(step.Step, isRetry);
    }

    private void NoteCompanionFailures(IReadOnlyList<TriedStep> steps)
    {
        var isFailed = steps.Any(static step => step.Companion is not null && step.Step.Failure is not null);
        if (_timer is null)
            return;
        if (!isFailed)
            _companionBackoff.Forget(Companions);
        else
            _companionBackoff.Fail(Companions);
        _isClean &= !isFailed;
    }

    private void Release(RuntimeState state, CompanionRun run)
    {
        try
        {
            state.Release(run.Released);
        }
        catch (IlbException e)
        {
            Log.StateNotSaved(_logger, e.Message);
            _instance.Forget();
        }
    }
}
