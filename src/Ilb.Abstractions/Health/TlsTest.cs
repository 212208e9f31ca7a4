using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A TLS handshake that succeeds. For rules of TCP.</summary>
public sealed record TlsTest : HealthTest
{
    /// <summary>Makes a test with the defaults.</summary>
    public TlsTest()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal TlsTest(TlsSettings? tls = null) => Tls = tls ?? new();

    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Tls;

    /// <summary>How TLS is spoken. Default <see cref="TlsSettings"/>' own.</summary>
    public TlsSettings Tls { get; init; } = new();

    internal override void Check(string subject, ErrorList errors) => errors.Under("tls", under => Tls.Check(subject, under));
}
