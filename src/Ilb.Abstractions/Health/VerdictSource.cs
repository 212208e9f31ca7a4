using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Who found what is said of a server's health.</summary>
[JsonConverter(typeof(VerdictSourceConverter))]
public enum VerdictSource
{
    /// <summary>The rule's health check (<c>check</c>).</summary>
    Check = 0,

    /// <summary>Somebody outside, see <see cref="OutsideVerdict"/> (<c>outside</c>).</summary>
    Outside = 1,

    /// <summary>The kernel's counters, see <see cref="PassiveDetection"/> (<c>passive</c>).</summary>
    Passive = 2,
}
