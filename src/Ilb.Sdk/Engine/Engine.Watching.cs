namespace Ilb;

/// <summary>What the loop has watched: the servers of the rules that have a check, where the kernel is kept.</summary>
internal sealed partial class Engine
{
    private readonly Func<Action<HealthTransition>, HealthScheduler> _makeScheduler;
    private HealthScheduler? _scheduler;

    /// <summary>What the checks found of a server; null if nobody checks it here.</summary>
    public HealthReading? ReadHealth(string rule, ServerId server) => Volatile.Read(ref _scheduler)?.Read(new HealthKey(rule, server));

    // At first all, which need not be part of a change; then what differs, and what is checked in another way.
    private void Watch(IEnumerable<RuleChange> changes, IReadOnlyCollection<string> rerouted)
    {
        if (!_isKeeping)
            return;
        NoteClosedWays();
        if (_scheduler is { } scheduler)
        {
            var (before, after) = (new HashSet<HealthKey>(), new List<WatchedServer>());
            foreach (var change in changes)
            {
                before.UnionWith(Watched(change.Before).Select(static server => server.Key));
                after.AddRange(Watched(change.After));
            }

            if (rerouted.Count > 0)
            {
                var others = _compilation.Configuration with { Rules = _compilation.Configuration.Rules.Where(rule => rerouted.Contains(rule.Name)).ToValueList() };
                after.AddRange(CasesOf(others).SelectMany(Watched).ExceptBy(after.Select(static server => server.Key).ToArray(), static server => server.Key).ToArray());
            }

            if (before.Count > 0 || after.Count > 0)
                scheduler.Change([.. before.Except(after.Select(static server => server.Key))], after);
            return;
        }

        var all = CasesOf(_compilation.Configuration).SelectMany(Watched).ToArray();
        // Where nothing is checked there is nothing that could.
        if (all.Length == 0)
            return;
        Volatile.Write(ref _scheduler, _makeScheduler(Report));
        _scheduler!.DataPath = this;
        _scheduler.Watch(all);
    }

    private void EndWatching()
    {
        _scheduler?.Dispose();
        Volatile.Write(ref _scheduler, null);
    }

    private IEnumerable<RuleCase> CasesOf(Configuration configuration) =>
        Compilation.Compare(Configuration.Empty, configuration, _compilation.Runtime, Now).Select(static change => change.After).OfType<RuleCase>();

    private IEnumerable<WatchedServer> Watched(RuleCase? rule)
    {
        if (rule?.Rule.Health is not { } health || rule.Check is not { } check)
            return [];
        var isLed = _isLed && ProbeWay.Of(rule).Count > 0;
        return rule.Group.Servers.Select(server => new WatchedServer
        {
            Key = new HealthKey(rule.Rule.Name, rule.Group.IdOf(server)),
            Check = check,
            Target = Aim(
                new ProbeTarget
                {
                    Server = server.Address!,
                    Ports = server.Ports ?? rule.Rule.Ports,
                    Port = health.Port,
                    Vip = rule.Rule.Vip,
                    Protocol = rule.Rule.Protocol,
                    Topology = rule.Rule.Topology,
                },
                rule,
                server,
                isLed),
            IsEnabled = rule.Rule.Enabled && server.Enabled,
            Known = rule.Runtime.Verdicts.TryGetValue(server.Number!.Value, out var verdict) ? (verdict.IsAlive ? ServerHealth.Alive : ServerHealth.Dead) : ServerHealth.Unknown,
        });
    }

    // By whatever thread has news of a probe.
    private void Report(HealthTransition transition) => _mailbox.Writer.TryWrite(new Judgement(transition));
}
