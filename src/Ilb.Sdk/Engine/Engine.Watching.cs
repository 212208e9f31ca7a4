namespace Ilb;

/// <summary>What the loop has watched: the servers of the rules that have a check, where the kernel is kept.</summary>
internal sealed partial class Engine
{
    private readonly Func<Action<HealthTransition>, HealthScheduler> _makeScheduler;
    private HealthScheduler? _scheduler;

    /// <summary>What the checks found of a server; null if nobody checks it here.</summary>
    public HealthReading? ReadHealth(string rule, ServerId server) => Volatile.Read(ref _scheduler)?.Read(new HealthKey(rule, server));

    // At first all, which need not be part of a change; then what differs.
    private void Watch(IEnumerable<RuleChange> changes)
    {
        if (!_isKeeping)
            return;
        if (_scheduler is { } scheduler)
        {
            var (before, after) = (new HashSet<HealthKey>(), new List<WatchedServer>());
            foreach (var change in changes)
            {
                before.UnionWith(Watched(change.Before).Select(static server => server.Key));
                after.AddRange(Watched(change.After));
            }

            if (before.Count > 0 || after.Count > 0)
                scheduler.Change([.. before.Except(after.Select(static server => server.Key))], after);
            return;
        }

        var all = Compilation.Compare(Configuration.Empty, _compilation.Configuration, _compilation.Runtime, Now).SelectMany(static change => Watched(change.After)).ToArray();
        // Where nothing is checked there is nothing that could.
        if (all.Length == 0)
            return;
        Volatile.Write(ref _scheduler, _makeScheduler(Report));
        _scheduler!.Watch(all);
    }

    private void EndWatching()
    {
        _scheduler?.Dispose();
        Volatile.Write(ref _scheduler, null);
    }

    private static IEnumerable<WatchedServer> Watched(RuleCase? rule) => rule?.Rule.Health is not { } health || rule.Check is not { } check ? [] : rule.Group.Servers.Select(server => new WatchedServer
    {
        Key = new HealthKey(rule.Rule.Name, rule.Group.IdOf(server)),
        Check = check,
        Target = new ProbeTarget
        {
            Server = server.Address!,
            Ports = server.Ports ?? rule.Rule.Ports,
            Port = health.Port,
            Vip = rule.Rule.Vip,
            Protocol = rule.Rule.Protocol,
            Topology = rule.Rule.Topology,
        },
        IsEnabled = rule.Rule.Enabled && server.Enabled,
        Known = rule.Runtime.Verdicts.TryGetValue(server.Number!.Value, out var verdict) ? (verdict.IsAlive ? ServerHealth.Alive : ServerHealth.Dead) : ServerHealth.Unknown,
    });

    // By whatever thread has news of a probe.
    private void Report(HealthTransition transition) => _mailbox.Writer.TryWrite(new Judgement(transition));
}
