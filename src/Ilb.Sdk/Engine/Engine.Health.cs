using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the loop does with verdicts: it brings the weights of the servers to them. Nothing is saved; what was found last is remembered as long as the kernel is.</summary>
internal sealed partial class Engine
{
    // So that a flood of verdicts cannot put off the changes for ever.
    private const int MaximumJudgements = 1024;

    // The rules of which weights rise, servers are cut or verdicts end in time, and when the next does, by the clock that nobody sets: by the other it could be in years.
    private readonly HashSet<string> _rising = [];
    private TimeSpan? _nextRise;

    private DateTimeOffset Now => _options.TimeProvider.GetUtcNow();

    // Goes forward only.
    private TimeSpan Running => _options.TimeProvider.GetElapsedTime(0);

    // What is remembered of the kernel; and where nobody checks the servers here, what was found by who did.
    private RuntimeState Recall()
    {
        var state = _instance.Recall(_compilation.Services);
        var (before, after) = (_compilation.Runtime, state.Runtime);
        if (!_isKeeping && (!ReferenceEquals(before, after) || after.Rules.Any(rule => after.Of(rule).IsTimed)))
        {
            // Also if nothing else is known: time has passed, and nobody else follows it here.
            Leave(after.Leaving.NotAhead(Now));
            var rules = Compilation.Compare(_compilation.Configuration, before, after, [.. before.Rules.Union(after.Rules)], Now, isKept: false, _options.Node);
            var (difference, leaving) = Compilation.Difference(rules, _compilation.Services.GetValueOrDefault, _compilation.Runtime.Leaving, Now);
            _compilation.MoveTo(Compilation.CompanionsAfter(_compilation.Companions, [], (_compilation.Runtime.Leaving, leaving), _options.Node, new HashSet<string>()));
            _compilation.MoveTo(_compilation.Configuration, after.After(rules).With(leaving), difference);
            NoteRising(_compilation.Runtime.Rules);
        }

        return state;
    }

    // Takes changes of rules that come from elsewhere than from changes of the configuration here.
    private Dictionary<IpvsServiceKey, VirtualService?> Take(List<RuleChange> rules, Configuration configuration)
    {
        var before = _compilation.Runtime.Leaving;
        var (difference, leaving) = Compilation.Difference(rules, _compilation.Services.GetValueOrDefault, before, Now);
        _compilation.MoveTo(configuration, _compilation.Runtime.After(rules).With(leaving), difference);
        _areWaysKnown = false;
        _compilation.MoveTo(Compilation.CompanionsAfter(_compilation.Companions, rules, (before, leaving), _options.Node, new HashSet<string>()));
        return difference;
    }

    private async Task JudgeAsync(Judgement first)
    {
        var runtime = _compilation.Runtime;
        var judged = new HashSet<string>();
        Judgement? judgement = first;
        for (var count = 1; judgement is not null; count++)
        {
            if (IsWatched(judgement))
            {
                var (key, rule) = (judgement.Transition.Key, judgement.Transition.Key.Rule);
                runtime = runtime.With(rule, runtime.Of(rule).WithVerdict(key.Server.Number, judgement.Verdict));
                judged.Add(rule);
                TellCheck(judgement.Transition, runtime.Of(rule));
            }
            else if (judgement.Transition.To == ServerHealth.Disabled && IsThere(judgement.Transition.Key))
            {
                TellCheck(judgement.Transition, runtime.Of(judgement.Transition.Key.Rule));
            }

            judgement = count < MaximumJudgements && _mailbox.Reader.TryPeek(out var next) && next is Judgement && _mailbox.Reader.TryRead(out next) ? (Judgement)next : null;
        }

        await FollowAsync(runtime, judged).ConfigureAwait(false);
    }

    // Brings the kernel to another runtime of some rules, or to what has become of theirs with time. What was done; null where it cannot be known yet.
    private async Task<IReadOnlyList<TriedStep>?> FollowAsync(Runtime runtime, IReadOnlyCollection<string> rules)
    {
        IReadOnlyList<TriedStep>? steps = null;
        try
        {
            await RegainAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As below.
            Log.NotFollowed(_logger, e.Message);
            _instance.Forget();
        }

        var before = _compilation.Runtime;
        var wanted = new WantedServices(_compilation.Services);
        var changes = Compilation.Compare(_compilation.Configuration, _compilation.Runtime, runtime, rules, Now, _timer is not null, _options.Node);
        var (difference, leaving) = Compilation.Difference(changes, _compilation.Services.GetValueOrDefault, runtime.Leaving, Now);
        wanted = wanted.With(difference, NoServices, adopt: false);
        VirtualService?[] present = [.. difference.Keys.Select(_compilation.Services.GetValueOrDefault)];
        _compilation.MoveTo(_compilation.Configuration, runtime.After(changes).With(leaving), difference);
        try
        {
            // Not what it says of the rules, which is older.
            var state = _instance.Recall(_compilation.Services);
            NoteRuntime(state, rules);
            steps = difference.Count == 0 ? [] : await FollowAsync(state, wanted, [.. difference.Keys], CompanionPlan.Nothing, present).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The loop goes on, whatever it was: the verdicts stand, and the kernel is brought to them when it can be.
            Log.NotFollowed(_logger, e.Message);
            _instance.Forget();
            foreach (var service in difference.Keys.Where(service => _timer is not null && !_backoff.Contains(service)))
                _backoff.Fail(service);
        }

        TellWords(before, rules);
        NoteRising(rules);
        return steps;
    }

    // How long until a weight rises, a server is cut or a verdict ends next, zero if it should have; null if none does.
    private TimeSpan? RiseIn()
    {
        if (_rising.Count > 0 && _nextRise is null)
        {
            _rising.RemoveWhere(name => !_compilation.Runtime.Of(name).IsTimed);
            var now = Now;
            // Once for all: to look for each among all would be most of the work where thousands wait for their time.
            _nextRise = Running + _compilation.Configuration.Rules.Where(rule => _rising.Contains(rule.Name)).Min(rule => _compilation.Runtime.Of(rule.Name).NextIn(rule, now));
        }

        return _nextRise is not { } next ? null : next - Running is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task RiseAsync()
    {
        if (RiseIn() != TimeSpan.Zero)
            return;
        _nextRise = null;
        var due = await FindCutAsync().ConfigureAwait(false);
        await FollowAsync(_compilation.Runtime, [.. _rising]).ConfigureAwait(false);
        // Of many services of a rule each has its own connections.
        foreach (var same in due.Where(one => !IsWanted(one.Service, one.Address, one.Port)).GroupBy(static one => (one.Cut.Rule, one.Cut.Server)))
            TellDrained(same.First().Cut with { Connections = same.Sum(static one => one.Cut.Connections) });
    }

    private void NoteRising(IEnumerable<string> rules)
    {
        _rising.UnionWith(rules.Where(rule => _compilation.Runtime.Of(rule).IsTimed));
        _nextRise = null;
    }

    // Where the kernel was left as it should be, it is not asked how it is: of a thousand verdicts a second that would be most of the work. Where it turns out to be otherwise, it is.
    private async Task<IReadOnlyList<TriedStep>> FollowAsync(RuntimeState state, WantedServices wanted, IReadOnlyCollection<IpvsServiceKey> services, CompanionPlan beside, VirtualService?[]? present = null)
    {
        var look = new Look(_forwarder);
        var isPresumed = present is not null && _isKeeping && !state.IsLost && state.SettledVersion == _present!.Version
            && present.All(service => service is not null && state.Owned.Contains(service.Service.Key) && !_backoff.Contains(service.Service.Key));
        foreach (var service in isPresumed ? present! : [])
            look.Presume(service!);
        if (state.IsLost)
            await look.ListAsync(state.Owned, CancellationToken.None).ConfigureAwait(false);
        await Reconciler.ReadAsync(look, wanted, state, isSettled: false, CancellationToken.None).ConfigureAwait(false);
        var plan = Reconciler.Plan(look, wanted, state);
        plan = plan with { Clashes = plan.Clashes.Where(clash => !_clashes.Contains(clash.Service.Key)).ToValueList() };
        _listed = null;
        var settled = state.SettledVersion;
        state.Begin(plan.Made, _source);
        var run = new CompanionRun(_surroundings, beside);
        var (steps, disowned) = await _reconciler.CarryOutAsync(plan, run).ConfigureAwait(false);
        Release(state, run);
        TryEnd(state, disowned, steps.All(static step => step.Step.Failure is null) ? settled : null);
        // Others have changed it since: what is wrong is seen now, and put right at once.
        if (isPresumed && steps.Any(static step => step.Step.Failure is not null))
            return await FollowAsync(state, wanted, services, beside).ConfigureAwait(false);
        NoteFailures(services, steps);
        if (!beside.IsEmpty)
            NoteCompanionFailures(steps);
        TellFailures(steps);
        return steps;
    }

    private void NoteRuntime(RuntimeState state, IEnumerable<string> rules)
    {
        try
        {
            state.Note(_compilation.Runtime, rules);
        }
        catch (IlbException e)
        {
            // They are noted with the next ones; only who starts before that begins with older ones.
            Log.StateNotSaved(_logger, e.Message);
        }
    }

    private bool IsThere(HealthKey key) => _compilation.Configuration.FindRule(key.Rule) is { } rule && rule.ServerGroup == key.Server.ServerGroup
        && _compilation.Configuration.FindServerGroup(rule.ServerGroup)?.Servers.Any(server => server.Number == key.Server.Number) == true;

    private bool IsWatched(Judgement judgement) =>
        _compilation.Configuration.FindRule(judgement.Transition.Key.Rule) is { Enabled: true, Health: not null } rule && rule.ServerGroup == judgement.Transition.Key.Server.ServerGroup
            && _compilation.Configuration.FindServerGroup(rule.ServerGroup)?.Servers.Any(server => server.Number == judgement.Transition.Key.Server.Number && server.Enabled) == true;
}
