using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What tests by HTTP and HTTPS share: a request, and what its answer must be.</summary>
public abstract record WebTest : HealthTest
{
    private protected WebTest()
    {
    }

    /// <summary>The method, as in <c>HEAD</c>. Default <c>GET</c>.</summary>
    [JsonPropertyOrder(-6)]
    public string Method { get; init; } = "GET";

    /// <summary>The path with its query, beginning with <c>/</c>. Default <c>/</c>.</summary>
    [JsonPropertyOrder(-5)]
    public string Path { get; init; } = "/";

    /// <summary>The host of the request; null (default) = the server's address.</summary>
    [JsonPropertyOrder(-4)]
    public string? Host { get; init; }

    /// <summary>More headers, each as <c>Name: value</c>. Default none.</summary>
    [JsonPropertyOrder(-3)]
    public ValueList<string> Headers { get; init; } = [];

    /// <summary>The statuses of a server that is alive, at least one range. Default 200–399.</summary>
    [JsonPropertyOrder(-2)]
    public ValueList<HttpStatusRange> Status { get; init; } = DefaultStatus;

    /// <summary>What the first 64 KiB of the body must contain; null (default) = anything.</summary>
    [JsonPropertyOrder(-1)]
    public string? Body { get; init; }

    /// <summary>Whether redirections to the same server are followed, at most five. Default false: then a redirection is the answer.</summary>
    public bool Redirect { get; init; }

    internal static ValueList<HttpStatusRange> DefaultStatus { get; } = [new(200, 399)];

    internal override void Check(string subject, ErrorList errors)
    {
        if (string.IsNullOrEmpty(Method) || !Method.All(static c => char.IsAsciiLetterUpper(c)))
            errors.Add(IlbErrorCode.InvalidArgument, "method", $"{subject}: {Quote.Of(Method)} is not a method of HTTP such as GET");
        if (string.IsNullOrEmpty(Path) || Path[0] != '/' || Path.Any(static c => c <= ' ' || c == '\x7f'))
            errors.Add(IlbErrorCode.InvalidArgument, "path", $"{subject}: {Quote.Of(Path)} is not a path: it begins with / and has no space");
        if (Host is not null && (Host.Length == 0 || Host.Any(static c => c <= ' ' || c is '/' or '\x7f')))
            errors.Add(IlbErrorCode.InvalidArgument, "host", $"{subject}: {Quote.Of(Host)} is not a host");
        for (var i = 0; i < Headers.Count; i++)
        {
            var colon = Headers[i].IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !Headers[i].Take(colon).All(IsToken) || Headers[i].Any(char.IsControl))
                errors.Add(IlbErrorCode.InvalidArgument, $"headers[{i}]", $"{subject}: {Quote.Of(Headers[i])} is not a header of the form Name: value");
        }

        if (Status.Count == 0)
            errors.Add(IlbErrorCode.HealthCheckIncomplete, "status", $"{subject}: no status is that of a server that is alive");
        errors.CheckNotEmpty(Body, subject, "body");
    }

    // RFC 9110, section 5.6.2.
    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
