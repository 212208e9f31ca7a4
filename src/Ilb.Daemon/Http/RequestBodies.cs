using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Ilb.Daemon.Http;

/// <summary>Reads the bodies of requests, up to what the caller may send; few large ones are in memory at a time.</summary>
internal sealed class RequestBodies(DaemonServerOptions options) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _large = new(options.MaximumLargeBodies);

    /// <summary>Reads a body of JSON, and gives it to what makes use of it; only then another large one may take its place.</summary>
    public async Task<T> ReadAsync<T>(HttpContext context, AccessRight? right, Func<ReadOnlyMemory<byte>, T> use)
    {
        CheckKind(context.Request);
        var limit = right == AccessRight.Change ? options.MaximumBody : options.MaximumOtherBody;
        if (context.Request.ContentLength > limit)
            throw TooLarge(limit);
        // One byte more, for the server's own refusal does not say how much is allowed.
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = limit + 1L;
        var isLarge = false;
        try
        {
            if (context.Request.ContentLength > options.MaximumOtherBody)
                isLarge = await EnterAsync(context).ConfigureAwait(false);
            // What the header promises is believed when it comes.
            using var content = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, 64 << 10));
            var buffer = new byte[16 << 10];
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false) is > 0 and var read)
            {
                if (content.Length + read > limit)
                    throw TooLarge(limit);
                if (!isLarge && content.Length + read > options.MaximumOtherBody)
                    isLarge = await EnterAsync(context).ConfigureAwait(false);
                content.Write(buffer, 0, read);
            }

            return use(content.GetBuffer().AsMemory(0, (int)content.Length));
        }
        finally
        {
            if (isLarge)
                _large.Release();
        }
    }

    public void Dispose() => _large.Dispose();

    private static void CheckKind(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)) || request.Headers.ContentEncoding.Count > 0)
        {
            throw new Refusal(StatusCodes.Status415UnsupportedMediaType, IlbErrorCode.InvalidArgument, "the body is JSON in UTF-8: send it with 'Content-Type: application/json' and without an encoding");
        }
    }

    private static Refusal TooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, IlbErrorCode.LimitExceeded, $"the body is too large: this user may send up to {(limit >= 1 << 20 ? $"{limit >> 20} MB" : $"{limit} bytes")}");

    private async Task<bool> EnterAsync(HttpContext context) => await _large.WaitAsync(Patience, context.RequestAborted).ConfigureAwait(false)
        ? true
        : throw new Refusal(StatusCodes.Status503ServiceUnavailable, IlbErrorCode.LimitExceeded, $"{options.MaximumLargeBodies} other large requests are being read: try again");
}
