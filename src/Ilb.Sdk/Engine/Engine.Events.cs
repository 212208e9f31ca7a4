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

    private void TellHealth(in HealthTransition transition)
    {
        var happened = new ServerHealthChanged { Rule = transition.Key.Rule, Server = transition.Key.Server, From = transition.From, To = transition.To, Reason = transition.Reason };
        if (transition.To is ServerHealth.Dead or ServerHealth.Unreachable)
            Log.ServerLost(_logger, transition.Key.Server.ToString(), Quote.Of(transition.Key.Rule), transition.To.ToText(), transition.Reason ?? "");
        else
            Log.ServerFound(_logger, transition.Key.Server.ToString(), Quote.Of(transition.Key.Rule), transition.To.ToText());
        _events.Add(happened);
    }
}
