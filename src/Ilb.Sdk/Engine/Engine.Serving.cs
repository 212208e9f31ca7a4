using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the loop does with lists of changes: those that wait for each other's save share it; each is checked, saved and put into the kernel.</summary>
internal sealed partial class Engine
{
    // Of so few services all are listed with every change, and now and then their servers too: that costs nothing that a person would notice, and finds what others did to them.
    private const int FewServices = 64;

    // So that a flood of changes cannot put off the save for ever.
    private const int MaximumBatch = 256;

    private async Task ServeAsync(ApplyRequest first)
    {
        List<ApplyRequest> requests = [first];
        try
        {
            var batch = await OpenAsync(first).ConfigureAwait(false);
            await AddAsync(batch, first).ConfigureAwait(false);
            while (TryNext(batch) is { } next)
            {
                requests.Add(next);
                await AddAsync(batch, next).ConfigureAwait(false);
            }

            // Whoever withdrew is left out, and what came after is made anew without it.
            if (requests.RemoveAll(static request => !request.TryTake()) > 0)
            {
                batch = new Batch(batch.Present, _compilation, batch.State, batch.Look) { Edited = batch.Edited };
                foreach (var request in requests.Where(static request => !request.Answer.IsCompleted))
                    await AddAsync(batch, request).ConfigureAwait(false);
            }

            if (batch.Entries.Count > 0)
            {
                await CommitAsync(batch).ConfigureAwait(false);
                Watch(batch.Rules, batch.Rerouted);
            }

            foreach (var (request, reason) in batch.Refusals)
                request.Refuse(reason);
        }
        catch (Exception e)
        {
            if (first.IsReload)
                TellReloadRefused(e);
            // As if killed here: what was noted is read again, and what is saved decides about it.
            _instance.Forget();
            // The loop goes on, whatever it was: those who wait learn it.
            Watch([], NoRules);
            foreach (var request in requests)
                request.Refuse(e);
        }
    }

    private ApplyRequest? TryNext(Batch batch)
    {
        // A service is taken over only with the servers that it has: what changes them comes after.
        if (_isClosing || batch.Wanted.Takeable.Count > 0 || batch.Edited is not null || batch.Entries.Count + batch.Refusals.Count >= MaximumBatch || !_mailbox.Reader.TryPeek(out var message) || message is not ApplyRequest { IsReload: false, Verdicts: null } request || (request.NeedsSaved && batch.IsChanged))
            return null;
        return _mailbox.Reader.TryRead(out _) ? request : null;
    }

    // What is saved may have been changed by somebody else; the store tells it by the version. Who keeps the kernel takes that only if told to: somebody may be in the midst of editing.
    private async Task<Batch> OpenAsync(ApplyRequest request)
    {
        var saved = await _store.LoadAsync(request.Cancellation).ConfigureAwait(false);
        if (_isKeeping && saved.Version != _present!.Version)
        {
            var state = Recall();
            _instance.CheckSource(state, _source, saved.Version);
            if (!request.IsReload)
                throw new IlbException(IlbErrorCode.ConfigurationEdited, $"{_source} was edited since it was read: reload it ('systemctl reload ilbd') to take the edit, or put back what was there ('ilbadm export-config --json' tells), before anything is changed");
            return new Batch(_present, _compilation, state, new Look(_forwarder)) { Edited = saved };
        }

        if (saved.Version != _present?.Version)
        {
            _unsupported = Unsupported(saved.Configuration).Select(static error => error.Message).ToHashSet();
            // What cannot be compiled is not in the kernel either: such a rule can only have come by an edit of the file.
            var compiled = _unsupported.Count == 0 ? saved.Configuration : Configuration.Empty;
            Take(Compilation.Compare(_compilation.Configuration, compiled, _compilation.Runtime, Now, _timer is not null, _options.Node), compiled);
            if (_present is not null)
                _events.Add(new ConfigurationReloaded { Version = saved.Version });
            _present = saved;
        }

        return new Batch(_present, _compilation, Recall(), new Look(_forwarder));
    }

    private async Task AddAsync(Batch batch, ApplyRequest request)
    {
        try
        {
            if (request.Options.ExpectedVersion is { } expected && expected != batch.Present.Version)
                throw new IlbException(IlbErrorCode.VersionConflict, $"the configuration has version {batch.Present.Version}, not {expected}: read it again");
            _instance.CheckSource(batch.State, _source, batch.Present.Version);
            if (!request.Options.DryRun)
                KeepFirst();
            var (configuration, changes) = batch.Edited is { } edited ? (edited.Configuration, []) : Evaluation.Evaluate(batch.Configuration, request);
            var rules = Compilation.Compare(batch.Compiled, configuration, batch.Runtime, Now, _timer is not null, _options.Node);
            CheckSupport(rules, configuration);
            var (difference, leaving) = Compilation.Difference(rules, batch.Wanted.Find, batch.Runtime.Leaving, Now);
            var ways = await CompareWaysAsync(batch, rules, configuration, difference, request.Cancellation).ConfigureAwait(false);
            var touchedRules = Evaluation.Touched(changes, configuration);
            var touched = batch.Wanted.ServicesOf(touchedRules, difference).Union(WithDrains(batch, difference, leaving)).ToHashSet();
            var wanted = batch.Wanted.With(difference, touched, request.Options.Adopt);
            await ReadAsync(batch, wanted, request.Cancellation).ConfigureAwait(false);
            CheckClashes(batch, difference, wanted, configuration);
            (wanted, leaving) = LetGo(batch, wanted, leaving, [.. difference.Keys, .. touched]);
            var companions = await CompareCompanionsAsync(batch, rules, leaving, ways, touchedRules.Count > 0, request.Cancellation).ConfigureAwait(false);
            if (request.Options.DryRun)
                Answer(batch, request, changes, Draining(batch, rules, leaving), Reconciler.Plan(batch.Look, wanted, batch.State), Plan(batch.State, companions));
            else
                batch.Add(new Batch.Entry { Request = request, Changes = changes, Rules = rules, Services = difference.Keys.Concat(touched).ToHashSet(), Draining = Draining(batch, rules, leaving), Companions = companions.Own }, configuration, batch.Runtime.After(rules).With(leaving), wanted, companions, ways);
        }
        catch (Exception e) when (batch.Entries.Count == 0)
        {
            if (request.IsReload)
                TellReloadRefused(e);
            request.Refuse(e);
        }
        catch (Exception e)
        {
            batch.Refuse(request, e);
        }
    }

    private static void Answer(Batch batch, ApplyRequest request, ValueList<Change> changes, ValueList<DrainingServer> draining, Plan plan, CompanionPlan beside) =>
        request.Complete(new ApplyResult { Version = batch.Present.Version, Changes = changes, Draining = draining, Steps = Reconciler.Describe(plan, beside), Converged = plan.IsEmpty && beside.IsEmpty });

    private async Task ReadAsync(Batch batch, WantedServices wanted, CancellationToken cancellationToken)
    {
        // A machine without IPVS may still hold server groups and disabled rules.
        if (wanted.Count == 0 && batch.State.Owned.Count == 0)
            return;
        var isFew = wanted.Count <= FewServices;
        if (isFew || !batch.IsSettled || wanted.Takeable.Count > 0 || wanted.Closely.Count > FewServices || IsDue)
            await batch.Look.ListAsync(batch.State.Owned, cancellationToken).ConfigureAwait(false);
        await Reconciler.ReadAsync(batch.Look, wanted, batch.State, batch.IsSettled && !(isFew && IsDue), cancellationToken).ConfigureAwait(false);
    }

    // The order matters at each point where the process may be killed: what is ours is noted before it can be in the kernel,
    // and the kernel counts as unsettled from before the save until all of the new configuration is in it.
    private async Task CommitAsync(Batch batch)
    {
        var (state, isChanged) = (batch.State, batch.IsChanged);
        var plan = Reconciler.Plan(batch.Look, batch.Wanted, state);
        var beside = Plan(state, batch.Companions);
        // An edit that means the same is taken all the same: it has another version.
        if (batch.Edited is null && !isChanged && plan.IsEmpty && beside.IsEmpty && batch.IsSettled && ReferenceEquals(batch.Runtime, _compilation.Runtime) && ReferenceEquals(batch.Runtime, state.Runtime))
        {
            NoteLook(batch);
            Answer(batch, batch.Present.Version, [], true);
            return;
        }

        state.Begin(plan.Made, _source);
        state.Keep(beside.Kept);
        // Who was killed after the save would else find servers that nobody asks for, and cut them.
        state.Note(batch.Runtime.Leaving);
        var version = await SaveAsync(batch).ConfigureAwait(false);
        _present = new ConfigurationSnapshot { Configuration = batch.Configuration, Version = version };
        var before = _compilation.Runtime;
        if (_compilation.Runtime.Leaving.IsEmpty)
            _lastDrain = _options.TimeProvider.GetTimestamp();
        _compilation.MoveTo(batch.Compiled, batch.Runtime, batch.Wanted.Changed);
        TellWords(before, batch.Rules.Select(static change => change.After?.Rule.Name).OfType<string>());
        _compilation.MoveTo(batch.Companions.Wanted);
        _compilation.MoveTo(batch.Ways);
        _areWaysKnown = true;
        _listed = null;
        NoteRuntime(state, state.Runtime.Rules.Union(batch.Runtime.Rules));
        NoteRising(batch.Rules.Select(static change => change.After?.Rule.Name).OfType<string>());
        Tell(batch, version);
        var run = new CompanionRun(_surroundings, beside);
        var (steps, disowned) = await _reconciler.CarryOutAsync(plan, run).ConfigureAwait(false);
        Release(state, run);
        NoteFailures(batch.Entries.SelectMany(static entry => entry.Services), steps);
        NoteCompanionFailures(steps);
        TellFailures(steps);
        var converged = steps.All(static step => step.Step.Failure is null);
        // The configuration and the kernel are as they should be; only the memory of it is not, and the next change looks more closely.
        converged &= TryEnd(state, disowned, converged ? version : null);
        if (converged)
            NoteLook(batch);
        Answer(batch, version, steps, converged);
    }

    private async Task<string> SaveAsync(Batch batch)
    {
        if (batch.Edited is { } edited)
        {
            Log.Reloaded(_logger, edited.Version);
            return edited.Version;
        }

        if (!batch.IsChanged)
            return batch.Present.Version;
        var version = await _store.SaveAsync(batch.Configuration, batch.Present.Version, CancellationToken.None).ConfigureAwait(false);
        Log.Saved(_logger, version, batch.Entries.Sum(static entry => entry.Changes.Count));
        return version;
    }

    private void NoteLook(Batch batch)
    {
        if (batch.Look.IsFull && IsDue)
            _lastLook = _options.TimeProvider.GetTimestamp();
    }

    // Each learns of the steps for what it asked for and of those that nobody asked for, and all learn what failed.
    private static void Answer(Batch batch, string version, IReadOnlyList<TriedStep> steps, bool converged)
    {
        var asked = batch.Entries.SelectMany(static entry => entry.Services).ToHashSet();
        var askedBeside = batch.Entries.SelectMany(static entry => entry.Companions).ToHashSet();
        foreach (var entry in batch.Entries)
        {
            entry.Request.Complete(new ApplyResult
            {
                Version = version,
                Changes = entry.Changes,
                Draining = entry.Draining,
                Steps = steps.Where(step => step.Step.Failure is not null || Concerns(step, entry.Services, entry.Companions) || !Concerns(step, asked, askedBeside)).Select(static step => step.Step).ToValueList(),
                Converged = converged,
            });
        }
    }

    private static bool Concerns(TriedStep step, IReadOnlySet<IpvsServiceKey> services, IReadOnlySet<string> companions) =>
        step.Service is { } service ? services.Contains(service) : companions.Contains(step.Companion!);

    private ValueList<IlbError> Unsupported(Configuration configuration) => Support.Check(configuration, _options.Probes.Keys, _options.Node);

    // Whether two rules have one mark can be told only with all rules in sight, and matters only where others mark packets.
    private bool IsMarkTaken(List<RuleChange> rules, Configuration configuration) =>
        rules.Count > 0 && configuration.Rules.Any(static rule => rule.FirewallMark is not null) && Unsupported(configuration).Any(static error => error.Code == IlbErrorCode.InUse);

    private void CheckSupport(List<RuleChange> rules, Configuration configuration)
    {
        var changed = new Configuration
        {
            ServerGroups = rules.Select(static change => change.After?.Group).OfType<ServerGroup>().Distinct().ToValueList(),
            HealthChecks = configuration.HealthChecks,
            FailoverGroups = configuration.FailoverGroups,
            Rules = rules.Select(static change => change.After?.Rule).OfType<Rule>().ToValueList(),
        };
        if (Unsupported(changed).Count == 0 && !IsMarkTaken(rules, configuration))
            return;
        // Once more, for the places. What came by an edit of the file is no fault of the changes: say where it stands.
        throw new IlbException(Unsupported(configuration).Select(error => _unsupported.Contains(error.Message) ? error with { Message = $"{_source}: {error.Message}" } : error).ToValueList());
    }

    // A clash that the changes bring about is refused; one that came from outside since is a step that fails.
    private static void CheckClashes(Batch batch, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference, WantedServices wanted, Configuration configuration)
    {
        var clashes = difference.Values.OfType<VirtualService>()
            .Where(service => !service.IsProbe && batch.Look.Observe(service.Service.Key) is { } found && !batch.State.Owned.Contains(service.Service.Key) && !batch.Wanted.Before.ContainsKey(service.Service.Key)
                && !(wanted.Takeable.Contains(service.Service.Key) && Planner.HasSameServers(service, found)))
            .Select(service => Reconciler.ClashError(service) with { Path = Evaluation.PlaceOf(service.Rule, configuration) }).ToValueList();
        if (clashes.Count > 0)
            throw new IlbException(clashes);
    }
}
