using System.Net;

namespace Ilb;

/// <summary>What the machine's routes say of a server that is probed.</summary>
internal sealed record ProbeRoute
{
    /// <summary>No route leads there, as far as is known.</summary>
    public static ProbeRoute None { get; } = new();

    /// <summary>The interface that packets leave by, and answers come in by; null (default) = no route leads there.</summary>
    public string? Interface { get; init; }

    /// <summary>The machine's own address that they have, never a VIP: to its own VIP a server answers nobody else. Null (default) = there is none.</summary>
    public IPAddress? Source { get; init; }
}
