using System.Diagnostics;

namespace Ilb;

/// <summary>How far a probe got.</summary>
internal sealed class ProbeProgress
{
    public const string Handshake = "in TLS handshake";

    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>What it does, as in <c>timed out after 5 s connecting</c>.</summary>
    public string Doing { get; set; } = "connecting";

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);
}
