using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Ilb;

/// <summary>Requests to a daemon and its answers, over as many connections as calls are under way.</summary>
internal sealed class DaemonConnection : IDisposable
{
    private const int MaximumError = 1 << 20;
    private const int MaximumHeaders = 16; // KB

    // Others wait for one of them; a daemon lets a user have 64, streams of events among them.
    private const int MaximumConnections = 32;

    // Before the daemon closes them, which is after a minute: a change that is just sent would be lost.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    private readonly RemoteLoadBalancerOptions _options;
    private readonly HttpMessageInvoker _calls;
    private readonly HttpMessageInvoker _streams;
    private readonly CancellationTokenSource _disposal = new();
    private Socket? _first;

    /// <param name="options">Socket and times.</param>
    /// <param name="first">A connection that is there already, for the first call; null = none.</param>
    public DaemonConnection(RemoteLoadBalancerOptions options, Socket? first)
    {
        _options = options;
        _first = first;
        _calls = new HttpMessageInvoker(MakeHandler(MaximumConnections));
        _streams = new HttpMessageInvoker(MakeHandler(int.MaxValue));
    }

    public string SocketPath => _options.SocketPath;

    /// <summary>Cancelled when this is disposed.</summary>
    public CancellationToken Disposal => _disposal.Token;

    /// <summary>Sends a request and reads its whole answer.</summary>
    /// <exception cref="IlbException">The daemon refuses, or cannot be reached, or its answer makes no sense.</exception>
    public async Task<DaemonAnswer> SendAsync(DaemonRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _options.TimeProvider);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token, _disposal.Token);
        try
        {
            using var message = request.ToMessage();
            using var response = await _calls.SendAsync(message, any.Token).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NotModified))
                throw await RefusalAsync(request, response, any.Token).ConfigureAwait(false);
            return new DaemonAnswer
            {
                Status = response.StatusCode,
                Version = response.Headers.ETag is { IsWeak: false, Tag: { Length: >= 2 } tag } ? tag[1..^1] : null,
                Body = await ReadAsync(response.Content, _options.MaximumAnswer, any.Token).ConfigureAwait(false)
                    ?? throw new IlbException(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} answers with more than {_options.MaximumAnswer >> 20} MB{request.Doubt}"),
            };
        }
        catch (Exception e) when (e is not IlbException)
        {
            throw Explain(e, request, cancellationToken);
        }
    }

    /// <summary>Begins a stream: waits for its header only. Whoever reads on has no limit of time from here.</summary>
    /// <exception cref="IlbException">As with other requests.</exception>
    public async Task<HttpResponseMessage> OpenStreamAsync(DaemonRequest request, string mediaType, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _options.TimeProvider);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token, _disposal.Token);
        HttpResponseMessage? response = null;
        try
        {
            using var message = request.ToMessage();
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(mediaType));
            response = await _streams.SendAsync(message, any.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                throw await RefusalAsync(request, response, any.Token).ConfigureAwait(false);
            if (response.Content.Headers.ContentType?.MediaType != mediaType)
                throw new IlbException(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} answers with something else than {mediaType}");
            return response;
        }
        catch (Exception e)
        {
            response?.Dispose();
            if (e is IlbException)
                throw;
            throw Explain(e, request, cancellationToken);
        }
    }

    /// <summary>Why there is no answer, or no more of it.</summary>
    public Exception Explain(Exception e, DaemonRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException(e.Message, e, cancellationToken);
        if (_disposal.IsCancellationRequested)
            return new ObjectDisposedException(nameof(RemoteLoadBalancer));
        if (e is OperationCanceledException)
            return new IlbException(IlbErrorCode.Timeout, $"the daemon at {SocketPath} does not answer within {_options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s{request.Doubt}", e);
        // From connecting: then nothing was sent.
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is IlbException known)
                return known;
        }

        var kind = e switch { HttpRequestException outer => outer.HttpRequestError, HttpIOException outer => outer.HttpRequestError, _ => HttpRequestError.Unknown };
        return kind is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError || e is not (HttpRequestException or IOException)
            ? new IlbException(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} sends something that makes no sense: {e.Message}{request.Doubt}", e)
            : new IlbException(IlbErrorCode.DaemonUnreachable, $"the daemon at {SocketPath} went away before it answered{request.Doubt}", e);
    }

    public void Dispose()
    {
        _disposal.Cancel();
        _calls.Dispose();
        _streams.Dispose();
        Interlocked.Exchange(ref _first, null)?.Dispose();
        // The cancellation is not disposed: whoever comes late must learn that it is over.
    }

    private SocketsHttpHandler MakeHandler(int connections) => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            // The caller of a call may have gone; the connection is made for whoever comes next, so its time is limited here.
            using var limit = new CancellationTokenSource(_options.Timeout, _options.TimeProvider);
            using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            var socket = Interlocked.Exchange(ref _first, null) ?? await DaemonSocket.ConnectAsync(SocketPath, _options.TimeProvider, any.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        },
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = connections,
        PooledConnectionIdleTimeout = IdleTimeout,
        MaxResponseHeadersLength = MaximumHeaders,
        MaxResponseDrainSize = 0,
    };

    // What the daemon itself says; where it says nothing, its status.
    private async Task<IlbException> RefusalAsync(DaemonRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(response.Content, MaximumError, cancellationToken).ConfigureAwait(false);
        try
        {
            if (body is { Length: > 0 })
                return new IlbException(AnswerJson.DeserializeErrors(body));
        }
        catch (IlbException e)
        {
            return new IlbException(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} answers with status {(int)response.StatusCode}, and why makes no sense: {e.Message}{request.Doubt}", e);
        }

        return new IlbException(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} answers with status {(int)response.StatusCode}, and does not say why{request.Doubt}");
    }

    // Null if it is longer than that.
    private static async Task<byte[]?> ReadAsync(HttpContent content, int maximum, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maximum)
            return null;
        using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        // What the header promises is believed when it comes.
        using var body = new MemoryStream((int)Math.Min(content.Headers.ContentLength ?? 0, 1 << 20));
        var buffer = new byte[1 << 14];
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            if (body.Length + count > maximum)
                return null;
            body.Write(buffer, 0, count);
        }

        return body.Length == body.Capacity ? body.GetBuffer() : body.ToArray();
    }
}
