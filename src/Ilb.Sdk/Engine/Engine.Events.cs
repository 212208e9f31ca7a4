namespace Ilb;

/// <summary>What the loop tells those who watch.</summary>
internal sealed partial class Engine
{
    // So many changes of a list are named in an event.
    private const int ToldChanges = 20;

    private readonly EventLog _events;

    public EventLog Events => _events;

    private void Tell(Batch batch, string version)
    {
        if (batch.Edited is not null)
        {
            _events.Add(new ConfigurationReloaded { Version = version });
        }
        else if (batch.IsChanged)
        {
            foreach (var entry in batch.Entries.Where(static entry => entry.Changes.Count > 0))
                _events.Add(new ConfigurationChanged { Version = version, Changes = Texts(entry.Changes) });
        }
    }

    private static ValueList<string> Texts(ValueList<Change> changes)
    {
        var texts = changes.Take(ToldChanges).Select(static change => change.ToString());
        return changes.Count > ToldChanges ? [.. texts, $"{changes.Count - ToldChanges} more"] : [.. texts];
    }

    private void TellFailures(IReadOnlyList<TriedStep> steps)
    {
        foreach (var tried in steps.Where(static step => step.Step.Failure is not null))
            _events.Add(new KernelStepFailed { Step = tried.Step });
    }

    private void TellReloadRefused(Exception e)
    {
        var errors = e is IlbException refused ? refused.Errors : [new IlbError { Code = IlbErrorCode.ConfigurationUnreadable, Message = e.Message }];
        Log.ReloadRefused(_logger, string.Join("; ", errors));
        _events.Add(new ReloadRefused { Errors = errors });
    }

    // What a check found, where nobody else has the word.
    private void TellCheck(in HealthTransition transition, RuleRuntime runtime) =>
        Tell(transition.Key, Standing.Of(transition.From, runtime, transition.Key.Server.Number), Standing.Of(transition.To, runtime, transition.Key.Server.Number), transition.Reason);

    // What others say, and that their time is over; of who is disabled only that.
    private void TellWords(Runtime before, IEnumerable<string> rules)
    {
        foreach (var name in rules)
        {
            var (old, now) = (before.Of(name), _compilation.Runtime.Of(name));
            TellSorry(name, old.IsSorry, now.IsSorry);
            if ((ReferenceEquals(old.Outside, now.Outside) && ReferenceEquals(old.Passive, now.Passive)) || _compilation.Configuration.FindRule(name) is not { Enabled: true } rule)
                continue;
            foreach (var server in _compilation.Configuration.FindServerGroup(rule.ServerGroup)?.Servers.Where(static server => server.Enabled) ?? [])
            {
                var number = server.Number!.Value;
                if (old.Outside.GetValueOrDefault(number) == now.Outside.GetValueOrDefault(number) && old.Passive.GetValueOrDefault(number) == now.Passive.GetValueOrDefault(number))
                    continue;
                var key = new HealthKey(name, new ServerId { ServerGroup = rule.ServerGroup, Number = number });
                var check = CheckOf(key, now.Verdicts.GetValueOrDefault(number));
                Tell(key, Standing.Of(check, old, number), Standing.Of(check, now, number), now.Verdicts.GetValueOrDefault(number)?.Reason);
            }
        }
    }

    private void TellSorry(string name, bool before, bool after)
    {
        if (before == after || _compilation.Configuration.FindRule(name) is not { Enabled: true, Sorry: { } sorry })
            return;
        _events.Add(new SorryGroupSwitched { Rule = name, SorryGroup = sorry.ServerGroup, IsServing = after });
        if (after)
            Log.SorryServes(_logger, Quote.Of(name), Quote.Of(sorry.ServerGroup));
        else
            Log.SorryEnds(_logger, Quote.Of(name));
    }

    private ServerHealth CheckOf(HealthKey key, Verdict? verdict) => verdict switch
    {
        null => ServerHealth.Unknown,
        { IsAlive: true } => ServerHealth.Alive,
        _ => ReadHealth(key.Rule, key.Server) is { Status: ServerHealth.Unreachable } ? ServerHealth.Unreachable : ServerHealth.Dead,
    };

    private void Tell(HealthKey key, Standing before, Standing after, string? checkReason)
    {
        if (before.Status == after.Status && before.Source == after.Source)
            return;
        var reason = after.Word is { } word ? word.Reason : after.Status is ServerHealth.Dead or ServerHealth.Unreachable ? checkReason : null;
        var happened = new ServerHealthChanged { Rule = key.Rule, Server = key.Server, From = before.Status, To = after.Status, Reason = string.IsNullOrEmpty(reason) ? null : reason, Source = after.Source };
        if (after.Status is ServerHealth.Dead or ServerHealth.Unreachable)
            Log.ServerLost(_logger, key.Server.ToString(), Quote.Of(key.Rule), after.Status.ToText(), happened.Reason ?? "no reason given");
        else
            Log.ServerFound(_logger, key.Server.ToString(), Quote.Of(key.Rule), after.Status.ToText());
        _events.Add(happened);
        _notifier?.Tell(happened, Now);
    }
}
