using System.Globalization;
using System.IO.Pipelines;

namespace Ilb.Daemon.Http;

/// <summary>
/// Gives a body to the refusals that the web server writes itself, for requests that it cannot hand on: a broken request line, a header that is too large or too late.
/// It writes such an answer in one piece, without content, and all other answers that tell an error have one.
/// </summary>
internal sealed class BodyForEmptyErrors(PipeWriter inner) : PipeWriter
{
    private Memory<byte> _memory;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        var written = _memory.Span[..bytes];
        if (written.StartsWith("HTTP/1.1 "u8) && written.Length > 12 && written[9] is (byte)'4' or (byte)'5' && written.EndsWith("\r\n\r\n"u8) && written.IndexOf("\r\nContent-Length: 0\r\n"u8) > 0)
        {
            var status = System.Text.Encoding.ASCII.GetString(written[9..written.IndexOf("\r\n"u8)]);
            var answer = Answer.Raw(status, Statuses.ErrorOf(int.Parse(status.AsSpan(0, 3), CultureInfo.InvariantCulture)));
            if (answer.AsSpan().TryCopyTo(_memory.Span))
                bytes = answer.Length;
        }

        // The server may go on to fill the same memory.
        _memory = _memory[bytes..];
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
