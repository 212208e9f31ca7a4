namespace Ilb;

/// <summary>What is known of a server's health.</summary>
internal enum HealthStatus : byte
{
    /// <summary>No check has ended in a verdict yet (<c>un-init</c>).</summary>
    Unknown,

    /// <summary>It does not answer the ping that comes before the test (<c>unreach</c>).</summary>
    Unreachable,

    /// <summary>It passed (<c>alive</c>).</summary>
    Alive,

    /// <summary>It fails the test (<c>dead</c>).</summary>
    Dead,

    /// <summary>The server or the rule is disabled, and nothing is checked (<c>disabled</c>).</summary>
    Disabled,
}
