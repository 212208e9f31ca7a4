using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A request by HTTP that is answered as wanted. For rules of TCP.</summary>
/// <example><code>
/// var check = new HealthCheck { Name = "web", Test = new HttpTest { Path = "/health", Status = [200] } };
/// </code></example>
public sealed record HttpTest : WebTest
{
    /// <summary>Makes a test with the defaults.</summary>
    public HttpTest()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal HttpTest(
        string method = "GET",
        string path = "/",
        string? host = null,
        ValueList<string>? headers = null,
        ValueList<HttpStatusRange>? status = null,
        string? body = null,
        bool redirect = false)
    {
        Method = method;
        Path = path;
        Host = host;
        Headers = headers ?? [];
        Status = status ?? DefaultStatus;
        Body = body;
        Redirect = redirect;
    }

    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Http;
}
