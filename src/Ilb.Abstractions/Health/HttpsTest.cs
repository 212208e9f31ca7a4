using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A request by HTTP over TLS that is answered as wanted. For rules of TCP.</summary>
public sealed record HttpsTest : WebTest
{
    /// <summary>Makes a test with the defaults.</summary>
    public HttpsTest()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal HttpsTest(
        string method = "GET",
        string path = "/",
        string? host = null,
        ValueList<string>? headers = null,
        ValueList<HttpStatusRange>? status = null,
        string? body = null,
        bool redirect = false,
        TlsSettings? tls = null)
    {
        Method = method;
        Path = path;
        Host = host;
        Headers = headers ?? [];
        Status = status ?? DefaultStatus;
        Body = body;
        Redirect = redirect;
        Tls = tls ?? new();
    }

    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Https;

    /// <summary>How TLS is spoken. Default <see cref="TlsSettings"/>' own.</summary>
    public TlsSettings Tls { get; init; } = new();

    internal override void Check(string subject, ErrorList errors)
    {
        base.Check(subject, errors);
        errors.Under("tls", under => Tls.Check(subject, under));
    }
}
