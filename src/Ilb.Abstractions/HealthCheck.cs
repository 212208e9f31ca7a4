using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>How it is found out whether a server is alive. Rules refer to it by name.</summary>
/// <example><code>
/// var check = new HealthCheck { Name = "web", Test = new TcpTest(), Interval = TimeSpan.FromSeconds(20) };
/// </code></example>
public sealed record HealthCheck
{
    /// <summary>The highest <see cref="Count"/> and <see cref="Rise"/>.</summary>
    public const int MaximumCount = 1000;

    /// <summary>The longest <see cref="Interval"/>, a day.</summary>
    public static TimeSpan MaximumInterval { get; } = TimeSpan.FromDays(1);

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(30);

    /// <summary>Makes a health check with the defaults.</summary>
    public HealthCheck()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    // A duration of 0 is one that was left out: the reader refuses 0.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal HealthCheck(
        string name,
        HealthTest test,
        TimeSpan timeout = default,
        int count = 3,
        TimeSpan interval = default,
        int rise = 1,
        TimeSpan? fast = null,
        bool defaultPing = true)
    {
        Name = name;
        Test = test;
        Timeout = timeout == default ? DefaultTimeout : timeout;
        Count = count;
        Interval = interval == default ? DefaultInterval : interval;
        Rise = rise;
        Fast = fast;
        DefaultPing = defaultPing;
    }

    /// <summary>Its name, see <see cref="ObjectName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>What is done to find out.</summary>
    public required HealthTest Test { get; init; }

    /// <summary>How long one probe may take, from 1 ms on. Default 5 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>After how many failures in a row a server is dead, 1–1000. Default 3.</summary>
    public int Count { get; init; } = 3;

    /// <summary>How long after a check the next one begins; longer than <see cref="Timeout"/> × <see cref="Count"/>, up to a day. Default 30 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>After how many successes in a row a server is alive, 1–1000. Default 1.</summary>
    public int Rise { get; init; } = 1;

    /// <summary>The interval while it is uncertain whether a server is alive, from 1 ms to less than <see cref="Interval"/>; null (default) = as ever.</summary>
    public TimeSpan? Fast { get; init; }

    /// <summary>Whether a server must answer an ICMP echo before the test. Default true; a PING or UDP test always has it.</summary>
    public bool DefaultPing { get; init; } = true;

    /// <summary>All that is wrong with it; empty if nothing is.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        HealthCheckChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
