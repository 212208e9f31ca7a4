namespace Ilb;

/// <summary>Packets that somebody else has marked (nftables' <c>meta mark set</c>), of one address family.</summary>
public sealed record FirewallMark
{
    /// <summary>The mark, 1–4,294,967,295.</summary>
    public required uint Mark { get; init; }

    /// <summary>The packets' family. Default IPv4.</summary>
    public IpFamily Family { get; init; }

    /// <summary>For a person: <c>fwmark 7 inet6</c>.</summary>
    public override string ToString() => $"fwmark {Mark} {Family.ToText()}";
}
