using System.Text.Json;

namespace Ilb;

/// <summary>A chain of somebody else's in the packet filter.</summary>
internal sealed record FilterChain
{
    /// <summary><c>ip</c>, <c>ip6</c>, <c>inet</c>, <c>netdev</c>, …</summary>
    public required string Family { get; init; }

    public required string Table { get; init; }

    public required string Name { get; init; }

    /// <summary><c>filter</c>, <c>nat</c>, <c>route</c>; null if only other chains lead here.</summary>
    public string? Type { get; init; }

    /// <summary><c>prerouting</c>, <c>input</c>, …; null if only other chains lead here.</summary>
    public string? Hook { get; init; }

    /// <summary>Its place among the chains of its hook.</summary>
    public int Priority { get; init; }

    /// <summary>Whether what no rule accepts is dropped.</summary>
    public bool IsDropping { get; init; }

    /// <summary>The interface of an ingress chain.</summary>
    public string? Device { get; init; }

    public List<FilterRule> Rules { get; } = [];

    /// <summary>How a message names it.</summary>
    public override string ToString() => $"chain {Name} of table {Family} {Table}";
}

/// <summary>A rule of a chain.</summary>
internal sealed record FilterRule(long Handle, JsonElement[] Statements);
