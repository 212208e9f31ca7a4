namespace Ilb;

/// <summary>Carries out a plan beside the services, a part at a time. A step that fails does not stop the others.</summary>
internal sealed class CompanionRun(ISurroundings surroundings, CompanionPlan plan)
{
    private readonly List<string> _released = [.. plan.Forgotten];

    /// <summary>What is not ours any more.</summary>
    public IReadOnlyList<string> Released => _released;

    public bool HasMiddle => plan.Middle.Count > 0;

    public async Task<IReadOnlyList<TriedStep>> FirstAsync()
    {
        var steps = new List<TriedStep>();
        if (plan.FilterFailure is { } failure)
            steps.Add(new TriedStep(null, CompanionPlanner.TableId, new PlanStep { Action = StepAction.Update, Subject = "packet filter", Failure = failure }));
        await RunAsync(plan.First, plan.IsFilterAnew, steps).ConfigureAwait(false);
        return steps;
    }

    public async Task<IReadOnlyList<TriedStep>> MiddleAsync()
    {
        var steps = new List<TriedStep>();
        await RunAsync(plan.Middle, isAnew: false, steps).ConfigureAwait(false);
        return steps;
    }

    public async Task<IReadOnlyList<TriedStep>> LastAsync()
    {
        var steps = new List<TriedStep>();
        await RunAsync(plan.Last, isAnew: false, steps).ConfigureAwait(false);
        if (plan.IsFilterGone && !steps.Any(static step => step.Step.Failure is not null))
        {
            if (await TryAsync(() => surroundings.ApplyFilterAsync([], isAnew: false, isLast: true)).ConfigureAwait(false) is { } failure)
                steps.Add(new TriedStep(null, CompanionPlanner.TableId, new PlanStep { Action = StepAction.Remove, Subject = "packet filter", Failure = failure }));
            else
                _released.Add(CompanionPlanner.TableId);
        }

        return steps;
    }

    private async Task RunAsync(ValueList<CompanionOperation> operations, bool isAnew, List<TriedStep> steps)
    {
        var place = 0;
        while (place < operations.Count || isAnew)
        {
            // What stands in the packet filter side by side goes in one transaction.
            var together = operations.Skip(place).TakeWhile(static operation => operation.Object is IFilterObject).ToArray();
            if (together.Length > 0 || isAnew)
                await FilterAsync(together, isAnew, steps).ConfigureAwait(false);
            else
                await OneAsync(operations[place], steps).ConfigureAwait(false);
            place += isAnew ? together.Length : Math.Max(together.Length, 1);
            isAnew = false;
        }
    }

    private async Task FilterAsync(CompanionOperation[] operations, bool isAnew, List<TriedStep> steps)
    {
        var failure = await TryAsync(() => surroundings.ApplyFilterAsync(operations, isAnew, isLast: false)).ConfigureAwait(false);
        // One that cannot be must not keep the others out. But where all of it is anew, they hang together.
        if (failure is { Code: IlbErrorCode.KernelRefused or IlbErrorCode.NotFound } && operations.Length > 1 && !isAnew)
        {
            foreach (var operation in operations)
                Note(operation, await TryAsync(() => surroundings.ApplyFilterAsync([operation], isAnew: false, isLast: false)).ConfigureAwait(false), steps);
            return;
        }

        foreach (var operation in operations)
            Note(operation, failure, steps);
    }

    private async Task OneAsync(CompanionOperation operation, List<TriedStep> steps)
    {
        var failure = await TryAsync(() => surroundings.ApplyAsync(operation)).ConfigureAwait(false);
        if (failure is null && (operation.After is null || operation.IsRestored))
            _released.Add(operation.Id);
        Note(operation, failure, steps);
    }

    private static void Note(CompanionOperation operation, StepFailure? failure, List<TriedStep> steps) => steps.Add(new TriedStep(null, operation.Id, operation.Describe(failure)));

    private static async Task<StepFailure?> TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
            return null;
        }
        catch (IlbException e)
        {
            return new StepFailure { Code = e.Code, Message = e.Message, IsTransient = e.IsTransient };
        }
    }
}
