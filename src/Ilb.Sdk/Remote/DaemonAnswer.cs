using System.Net;

namespace Ilb;

/// <summary>What the daemon answered: 200 or 304; all else is an exception.</summary>
internal readonly record struct DaemonAnswer
{
    public required HttpStatusCode Status { get; init; }

    /// <summary>The version in its entity tag; null = it has none.</summary>
    public required string? Version { get; init; }

    public required byte[] Body { get; init; }
}
