
namespace Ilb;

/// <summary>Which servers of a rule get new connections, by what the administrator wants and what the health checks found. Pure.</summary>
internal sealed class Able
{
    private readonly RuleCase _case;
    private readonly bool _isPanic;

    /// <param name="rule">The rule. Whether its sorry group serves now matters: to give up and to come back have different bounds.</param>
    public Able(RuleCase rule)
    {
        _case = rule;
        var enabled = rule.Group.Servers.Where(static server => server.Enabled).ToArray();
        var alive = enabled.Count(IsAlive);
        // Where so many look dead it is rather the checks that fail.
        _isPanic = rule.Rule.Health?.Panic is { } panic && (enabled.Length - alive) * 100 > panic.Value * enabled.Length;
        IsSorry = rule.Rule.Sorry is { } sorry && IsLost(sorry, _isPanic ? enabled.Length : alive, rule.Group.Servers.Count, rule.Runtime.IsSorry);
    }

    /// <summary>Whether the sorry group serves.</summary>
    public bool IsSorry { get; }

    /// <summary>Whether a server gets new connections.</summary>
    public bool IsInService(Server server) => !IsSorry && server.Enabled && (_isPanic || IsAlive(server));

    /// <summary>Whether a server's connections are to end at once.</summary>
    public bool IsCut(Server server) => server.Enabled && !_isPanic && VerdictOn(server) is { IsAlive: false }
        && (_case.Rule.Health?.OnDead ?? (_case.Rule.Protocol == Protocol.Udp ? DeadAction.Cut : DeadAction.Drain)) == DeadAction.Cut;

    private Verdict? VerdictOn(Server server) => server.Number is { } number ? _case.Runtime.Verdicts.GetValueOrDefault(number) : null;

    private bool IsAlive(Server server) => _case.Rule.Health is not { } health || (VerdictOn(server)?.IsAlive ?? health.Start == StartState.Up);

    // Below the quorum less the hysteresis it is given up, from the quorum and the hysteresis on it is back: the bounds of keepalived.
    private static bool IsLost(SorryGroup sorry, int able, int servers, bool wasSorry)
    {
        var (quorum, hysteresis) = (CountOf(sorry.Quorum, servers), CountOf(sorry.Hysteresis, servers));
        return wasSorry ? able < Math.Min(quorum + hysteresis, Math.Max(servers, 1)) : able < Math.Max(quorum - hysteresis, 1);
    }

    // A part of a server counts as a whole one.
    private static int CountOf(Quorum quorum, int servers) => quorum.Number ?? ((quorum.Percentage!.Value * servers) + 99) / 100;
}
