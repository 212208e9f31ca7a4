
namespace Ilb;

/// <summary>Which servers of a rule get new connections, by what the administrator wants, what the health checks found, and what others say. Pure.</summary>
internal sealed class Able
{
    private readonly RuleCase _case;
    private readonly bool _isPanic;

    // Where the counters would leave nobody it is rather the way to all of them that is broken: then they count for nothing.
    private readonly bool _isPassive;

    /// <param name="rule">The rule. Whether its sorry group serves now matters: to give up and to come back have different bounds.</param>
    public Able(RuleCase rule)
    {
        _case = rule;
        var enabled = rule.Group.Servers.Where(static server => server.Enabled).ToArray();
        _isPassive = true;
        var alive = enabled.Count(IsAlive);
        if (alive == 0 && !rule.Runtime.Passive.IsEmpty)
        {
            _isPassive = false;
            alive = enabled.Count(IsAlive);
        }

        // Where so many look dead it is rather the checks that fail.
        _isPanic = rule.Rule.Health?.Panic is { } panic && (enabled.Length - alive) * 100 > panic.Value * enabled.Length;
        // A sorry group of nobody takes nothing over: some servers are better than none.
        IsSorry = rule.Rule.Sorry is { } sorry && rule.SorryServers.Any() && IsLost(sorry, _isPanic ? enabled.Length : alive, rule.Group.Servers.Count, rule.Runtime.IsSorry);
    }

    /// <summary>Whether the sorry group serves.</summary>
    public bool IsSorry { get; }

    /// <summary>Whether a server gets new connections.</summary>
    public bool IsInService(Server server) => !IsSorry && server.Enabled && (_isPanic || IsAlive(server));

    /// <summary>Whether a server's connections are to end at once.</summary>
    public bool IsCut(Server server) => server.Enabled && !_isPanic && IsDead(server)
        && (_case.Rule.Health?.OnDead ?? (_case.Rule.Protocol == Protocol.Udp ? DeadAction.Cut : DeadAction.Drain)) == DeadAction.Cut;

    // By anybody's word.
    private bool IsDead(Server server) => server.Number is { } number
        && (_case.Runtime.Outside.GetValueOrDefault(number) is { IsAlive: false } || CheckOf(number) is { IsAlive: false } || (_isPassive && _case.Runtime.Passive.GetValueOrDefault(number) is { IsAlive: false }));

    // The first word of somebody outside is as good as the check's.
    private bool IsAlive(Server server) => !IsDead(server)
        && (_case.Rule.Health is not { Start: StartState.Down } || (server.Number is { } number && (CheckOf(number) is not null || _case.Runtime.Outside.ContainsKey(number))));

    private Verdict? CheckOf(uint number) => _case.Rule.Health is null ? null : _case.Runtime.Verdicts.GetValueOrDefault(number);

    // Below the quorum less the hysteresis it is given up, from the quorum and the hysteresis on it is back: the bounds of keepalived. More than there are is all of them, for both: else it would be given up and be back in turn.
    private static bool IsLost(SorryGroup sorry, int able, int servers, bool wasSorry)
    {
        var all = Math.Max(servers, 1);
        var (quorum, hysteresis) = (Math.Min(CountOf(sorry.Quorum, all), all), Math.Min(CountOf(sorry.Hysteresis, all), all));
        return wasSorry ? able < Math.Min(quorum + hysteresis, all) : able < Math.Max(quorum - hysteresis, 1);
    }

    // A part of a server counts as a whole one.
    private static int CountOf(Quorum quorum, int servers) => quorum.Number ?? ((quorum.Percentage!.Value * servers) + 99) / 100;
}
