namespace Ilb;

/// <summary>A configuration with its version.</summary>
public sealed record ConfigurationSnapshot
{
    /// <summary>The configuration.</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>Which version it is. Opaque: it says only whether two are the same.</summary>
    public required string Version { get; init; }
}
