namespace Ilb;

/// <summary>What a health check found of a server in a rule, where it is something else than before.</summary>
internal sealed class Judgement(HealthTransition transition) : Message
{
    public HealthTransition Transition => transition;

    /// <summary>What counts; null = nothing yet.</summary>
    public Verdict? Verdict => transition.To is ServerHealth.Unknown or ServerHealth.Disabled ? null : new Verdict
    {
        IsAlive = transition.To == ServerHealth.Alive,
        Since = transition.Time,
        Reason = transition.Reason ?? "",
    };

    public override void Refuse(Exception reason)
    {
        // Nobody waits for it.
    }
}
