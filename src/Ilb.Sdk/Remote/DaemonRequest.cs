using System.Net.Http.Headers;

namespace Ilb;

/// <summary>What the daemon is asked.</summary>
internal sealed record DaemonRequest
{
    // From here on it is asked first whether it wants the body: to refuse one that is too large it would close the connection on it.
    private const int LargeBody = 1 << 20;

    public required HttpMethod Method { get; init; }

    /// <summary>Path and query.</summary>
    public required string Target { get; init; }

    /// <summary>JSON; null (default) = none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The version that must be the present one; null (default) = any.</summary>
    public string? ExpectedVersion { get; init; }

    /// <summary>The version whose configuration need not be told again; null (default) = none.</summary>
    public string? KnownVersion { get; init; }

    /// <summary>Whether something may have changed when no answer came.</summary>
    public bool IsChange { get; init; }

    /// <summary>What is appended to why there is no answer.</summary>
    public string Doubt => IsChange ? "; the change may have been made" : "";

    public HttpRequestMessage ToMessage()
    {
        // HTTP/1.1 needs the name of a host; the socket is the address.
        var message = new HttpRequestMessage(Method, $"http://localhost{Target}");
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            if (Body.Length > LargeBody)
                message.Headers.ExpectContinue = true;
        }

        if (ExpectedVersion is not null)
            message.Headers.TryAddWithoutValidation("If-Match", $"\"{ExpectedVersion}\"");
        if (KnownVersion is not null)
            message.Headers.TryAddWithoutValidation("If-None-Match", $"\"{KnownVersion}\"");
        return message;
    }
}
