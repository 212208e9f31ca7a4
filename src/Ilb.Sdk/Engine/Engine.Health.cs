using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the loop does with verdicts: it brings the weights of the servers to them. Nothing is saved; what was found last is remembered as long as the kernel is.</summary>
internal sealed partial class Engine
{
    // So that a flood of verdicts cannot put off the changes for ever.
    private const int MaximumJudgements = 1024;

    // What is remembered of the kernel; and where nobody checks the servers here, what was found by who did.
    private RuntimeState Recall()
    {
        var state = _instance.Recall(_compilation.Services);
        var (before, after) = (_compilation.Verdicts, state.Verdicts);
        if (!_isKeeping && !ReferenceEquals(before, after))
        {
            var rules = Compilation.Compare(_compilation.Configuration, before, after, before.Rules.Union(after.Rules), _options.Node);
            _compilation.MoveTo(_compilation.Configuration, after, Compilation.Difference(rules, _compilation.Services.GetValueOrDefault));
        }

        return state;
    }

    private async Task JudgeAsync(Judgement first)
    {
        var (before, after) = (_compilation.Verdicts, _compilation.Verdicts);
        var judged = new HashSet<string>();
        Judgement? judgement = first;
        for (var count = 1; judgement is not null; count++)
        {
            if (IsWatched(judgement))
            {
                after = after.With(judgement.Rule, judgement.Server, judgement.Verdict);
                judged.Add(judgement.Rule);
            }

            judgement = count < MaximumJudgements && _mailbox.Reader.TryPeek(out var next) && next is Judgement && _mailbox.Reader.TryRead(out next) ? (Judgement)next : null;
        }

        var rules = Compilation.Compare(_compilation.Configuration, before, after, judged, _options.Node);
        var difference = Compilation.Difference(rules, _compilation.Services.GetValueOrDefault);
        var wanted = new WantedServices(_compilation.Services).With(difference, NoServices, adopt: false);
        _compilation.MoveTo(_compilation.Configuration, after, difference);
        try
        {
            var state = Recall();
            NoteVerdicts(state, judged);
            if (difference.Count > 0)
                await FollowAsync(state, wanted, [.. difference.Keys]).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The loop goes on, whatever it was: the verdicts stand, and the kernel is brought to them when it can be.
            Log.NotFollowed(_logger, e.Message);
            _instance.Forget();
            foreach (var service in difference.Keys.Where(service => !_backoff.Contains(service)))
                _backoff.Fail(service);
        }
    }

    private async Task FollowAsync(RuntimeState state, WantedServices wanted, IReadOnlyCollection<IpvsServiceKey> services)
    {
        var look = new Look(_forwarder);
        if (state.IsLost)
            await look.ListAsync(state.Owned, CancellationToken.None).ConfigureAwait(false);
        await Reconciler.ReadAsync(look, wanted, state, isSettled: false, CancellationToken.None).ConfigureAwait(false);
        var plan = Reconciler.Plan(look, wanted, state);
        plan = plan with { Clashes = plan.Clashes.Where(clash => !_clashes.Contains(clash.Service.Key)).ToValueList() };
        _listed = null;
        var settled = state.SettledVersion;
        state.Begin(plan.Made, _source);
        var (steps, disowned) = await _reconciler.CarryOutAsync(plan).ConfigureAwait(false);
        TryEnd(state, disowned, steps.All(static step => step.Step.Failure is null) ? settled : null);
        NoteFailures(services, steps);
        TellFailures(steps);
    }

    private void NoteVerdicts(RuntimeState state, IEnumerable<string> rules)
    {
        try
        {
            state.Note(_compilation.Verdicts, rules);
        }
        catch (IlbException e)
        {
            // They are noted with the next ones; only who starts before that begins with older ones.
            Log.StateNotSaved(_logger, e.Message);
        }
    }

    private bool IsWatched(Judgement judgement) =>
        _compilation.Configuration.FindRule(judgement.Rule) is { Enabled: true, Health: not null } rule
            && _compilation.Configuration.FindServerGroup(rule.ServerGroup)?.Servers.Any(server => server.Number == judgement.Server && server.Enabled) == true;
}
