using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>
/// What somebody outside, a product or an operator's own monitor, found of servers; given by <see cref="ILoadBalancer.JudgeAsync"/>. A server is out of service where it is dead by such a word or by the rule's own check.
/// It is no configuration: it is remembered over a restart of the daemon, and forgotten with the kernel's state at a reboot, with the server, or with the rule.
/// </summary>
/// <example><code>
/// await balancer.JudgeAsync(new OutsideVerdict
/// {
///     Servers = [ServerId.Parse("_web.0")], Word = OutsideWord.Dead, Reason = "disk full", TimeToLive = TimeSpan.FromMinutes(5),
/// });
/// </code></example>
public sealed record OutsideVerdict
{
    /// <summary>The most characters of <see cref="Reason"/>.</summary>
    public const int MaximumReason = 200;

    /// <summary>Makes it with the defaults.</summary>
    public OutsideVerdict()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal OutsideVerdict(ValueList<ServerId> servers, OutsideWord word, string? rule = null, string? reason = null, TimeSpan? timeToLive = null)
    {
        Servers = servers;
        Word = word;
        Rule = rule;
        Reason = reason;
        TimeToLive = timeToLive;
    }

    /// <summary>The servers, at least one.</summary>
    public required ValueList<ServerId> Servers { get; init; }

    /// <summary>What is said of them. The latest word counts.</summary>
    [JsonPropertyName("verdict")]
    public required OutsideWord Word { get; init; }

    /// <summary>The rule that it is about; null (default) = all rules that the servers' groups serve, also those that are made while it counts.</summary>
    public string? Rule { get; init; }

    /// <summary>Why, in the words of who says so, for a person: one line, up to <see cref="MaximumReason"/> characters; null (default) = none is given.</summary>
    public string? Reason { get; init; }

    /// <summary>How long it counts, 1 s to 365 days; then it is forgotten, as if withdrawn. Null (default) = until it is withdrawn or another word comes.</summary>
    [JsonPropertyName("ttl")]
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>All that is wrong with it for itself; empty if nothing is. Paths are those of the JSON form, as in <c>servers[1]</c>.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        if (errors.CheckGiven(Servers, "servers") && Servers.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "servers", "a verdict: no server is named");
        errors.CheckDefined(Word, "a verdict", "verdict");
        if (Rule is "")
            errors.Add(IlbErrorCode.InvalidArgument, "rule", "a verdict: the name of the rule is empty");
        if (Reason is not null && (Reason.Length > MaximumReason || Reason.Any(char.IsControl)))
            errors.Add(IlbErrorCode.InvalidArgument, "reason", $"a verdict: the reason {Quote.Of(Reason)} is not one line of up to {MaximumReason} characters");
        if (TimeToLive is { } time)
        {
            errors.CheckDuration(time, TimeSpan.FromSeconds(1), Duration.Maximum, "a verdict", "ttl", "ttl");
            if (Word == OutsideWord.Withdrawn)
                errors.Add(IlbErrorCode.InvalidArgument, "ttl", "a verdict: ttl goes with alive and dead, not with withdrawn");
        }

        return errors.ToValueList();
    }

    /// <summary>In words, as in <c>servers '_web.0' dead: disk full</c>.</summary>
    public override string ToString() => OutsideText.Of(this);
}
