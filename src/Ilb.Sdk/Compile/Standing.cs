namespace Ilb;

/// <summary>How a server stands in a rule by all that is said of it: dead by anybody's word is dead. Pure.</summary>
/// <param name="Status">What is to be told.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Word">The word of another than the check that decides; null if it is the check's.</param>
internal readonly record struct Standing(ServerHealth Status, VerdictSource Source, Verdict? Word)
{
    /// <param name="check">What the check found; <see cref="ServerHealth.Unknown"/> also where there is none.</param>
    /// <param name="runtime">What is of the rule.</param>
    /// <param name="server">The server's number.</param>
    public static Standing Of(ServerHealth check, RuleRuntime runtime, uint server)
    {
        var (outside, passive) = (runtime.Outside.GetValueOrDefault(server), runtime.Passive.GetValueOrDefault(server));
        return check switch
        {
            ServerHealth.Disabled => new Standing(check, VerdictSource.Check, null),
            _ when outside is { IsAlive: false } => new Standing(ServerHealth.Dead, VerdictSource.Outside, outside),
            ServerHealth.Dead or ServerHealth.Unreachable => new Standing(check, VerdictSource.Check, null),
            _ when passive is { IsAlive: false } => new Standing(ServerHealth.Dead, VerdictSource.Passive, passive),
            ServerHealth.Unknown when outside is not null => new Standing(ServerHealth.Alive, VerdictSource.Outside, outside),
            _ => new Standing(check, VerdictSource.Check, null),
        };
    }
}
