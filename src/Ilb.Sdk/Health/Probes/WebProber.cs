using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb;

/// <summary>HTTP/1.1 and HTTPS: a new connection for each probe, so that it tells whether a client could connect.</summary>
internal sealed class WebProber : ManagedProber
{
    private const int MaximumRedirects = 5;
    private const int MaximumBody = 64 * 1024;

    private static readonly HttpRequestOptionsKey<Attempt> AttemptKey = new("ilb");

    private readonly ProbeNetwork _network;
    private readonly TlsHandshake _handshake;
    private readonly HttpMessageInvoker _client;

    public WebProber(ProbeNetwork network, TlsHandshake handshake)
    {
        _network = network;
        _handshake = handshake;
        // No connection outlives its request: the handler then keeps nothing of a server.
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 64,
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        });
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _client.Dispose();
    }

    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        var test = (WebTest)probe.Test;
        var path = test.Path;
        for (var redirects = 0; ; redirects++)
        {
            using var request = Request(probe, test, path);
            var attempt = new Attempt(probe, test, progress, cancellationToken);
            request.Options.Set(AttemptKey, attempt);
            try
            {
                using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (test.Redirect && Target(response, request.RequestUri!, probe, test) is { } next)
                {
                    if (redirects == MaximumRedirects)
                        return ProbeOutcome.Failed($"redirected more than {MaximumRedirects} times");
                    path = next;
                    continue;
                }

                var status = (int)response.StatusCode;
                if (!test.Status.Any(range => status >= range.First && status <= range.Last))
                    return ProbeOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"HTTP {status}, wanted {string.Join(", ", test.Status)}"));
                var roundTrip = progress.Elapsed;
                return test.Body is null || await HasAsync(response, test.Body, progress, cancellationToken).ConfigureAwait(false)
                    ? ProbeOutcome.Alive(roundTrip)
                    : ProbeOutcome.Failed($"HTTP {status}, but the body has no {Quote.Of(test.Body)}");
            }
            finally
            {
                attempt.Stream?.Dispose();
            }
        }
    }

    private static HttpRequestMessage Request(Probe probe, WebTest test, string path)
    {
        var literal = probe.Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{probe.Address}]" : probe.Address.ToString();
        // TLS, if any, is already spoken on what the connect callback returns, so that its time and its faults are told apart from HTTP's.
        var port = test is HttpsTest ? 443 : 80;
        var authority = probe.Port == port ? literal : string.Create(CultureInfo.InvariantCulture, $"{literal}:{probe.Port}");
        var uri = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{literal}:{probe.Port}{path}"), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(test.Method), uri) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "ilb");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.TryAddWithoutValidation("Host", test.Host ?? authority);
        foreach (var header in test.Headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            string name = header[..colon], value = header[(colon + 1)..].Trim();
            if (IsOfContent(name))
            {
                (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
                continue;
            }

            // Given, it replaces ours.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    // What the base library keeps apart, as headers of a body; then there is one, of no length.
    private static bool IsOfContent(string name) =>
        name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || name.ToUpperInvariant() is "ALLOW" or "EXPIRES" or "LAST-MODIFIED";

    // The path that leads on, where it is the same server that is named.
    private static string? Target(HttpResponseMessage response, Uri request, Probe probe, WebTest test)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            return null;
        var scheme = test is HttpsTest ? "https" : "http";
        if (!location.IsAbsoluteUri)
        {
            if (!Uri.TryCreate(request, location, out var next))
                return null;
            if (next.Authority == request.Authority)
                return next.PathAndQuery;
            // With two slashes in front it names a host, of the same scheme.
            location = new UriBuilder(next) { Scheme = scheme, Port = next.IsDefaultPort ? -1 : next.Port }.Uri;
        }

        var host = test.Host is null ? probe.Address.ToString() : Name(test.Host);
        return location.Scheme == scheme && string.Equals(location.Host.Trim('[', ']'), host, StringComparison.OrdinalIgnoreCase)
            && (location.Port == probe.Port || (location.IsDefaultPort && test.Host is not null)) ? location.PathAndQuery : null;
    }

    // Without its port.
    private static string Name(string host) => host.StartsWith('[') ? host[1..Math.Max(1, host.IndexOf(']', StringComparison.Ordinal))] : host.Split(':')[0];

    private static async Task<bool> HasAsync(HttpResponseMessage response, string wanted, ProbeProgress progress, CancellationToken cancellationToken)
    {
        progress.Doing = "reading the body";
        var sought = Encoding.UTF8.GetBytes(wanted);
        var body = new byte[MaximumBody];
        var length = 0;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (length < body.Length && await stream.ReadAsync(body.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            var from = Math.Max(0, length - sought.Length + 1);
            length += read;
            if (body.AsSpan(from, length - from).IndexOf(sought) >= 0)
                return true;
        }

        return false;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        context.InitialRequestMessage.Options.TryGetValue(AttemptKey, out var attempt);
        // The handler would go on connecting for seconds after the request is given up.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt!.Over);
        var socket = await ConnectAsync(_network, attempt.Probe, attempt.Progress, either.Token).ConfigureAwait(false);
        attempt.Stream = attempt.Test is HttpsTest { Tls: var tls }
            ? await _handshake.DoAsync(socket, tls, attempt.Test.Host is null ? null : Name(attempt.Test.Host), attempt.Probe.Address, null, attempt.Progress, either.Token).ConfigureAwait(false)
            : new NetworkStream(socket, ownsSocket: true);
        attempt.Progress.Doing = "waiting for the answer";
        return attempt.Stream;
    }

    private sealed record Attempt(Probe Probe, WebTest Test, ProbeProgress Progress, CancellationToken Over)
    {
        public Stream? Stream { get; set; }
    }
}
