using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Who a daemon is: a client checks that it is the one that was meant.</summary>
internal sealed record DaemonDescription
{
    /// <summary>The instance.</summary>
    public required string Instance { get; init; }

    /// <summary>The file of the configuration, absolute.</summary>
    public required string Configuration { get; init; }

    /// <summary>The network namespace's number, as in <c>net:[4026531840]</c>, digits only.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>The process.</summary>
    public required int Process { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>What the caller may do, a word of <see cref="AccessRightNames"/>; null = only look.</summary>
    public string? Right { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DaemonDescription))]
internal sealed partial class DaemonJsonContext : JsonSerializerContext;
