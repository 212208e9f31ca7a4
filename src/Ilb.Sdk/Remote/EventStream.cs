namespace Ilb;

/// <summary>The bytes of a stream of events. Who sends them without end is broken off, and who sends none although a sign of life is due counts as gone.</summary>
internal sealed class EventStream(Stream inner, TimeProvider time) : Stream
{
    // An event has a line of text, or some thousand of them if it is a refused reload.
    private const int MaximumEvent = 16 << 20;

    // The daemon says something every 15 s at least.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private long _length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>An event has ended.</summary>
    public void Restart() => _length = 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            var count = await inner.ReadAsync(buffer, any.Token).ConfigureAwait(false);
            _length += count;
            return _length <= MaximumEvent ? count : throw new IlbException(IlbErrorCode.ProtocolError, $"an event has more than {MaximumEvent >> 20} MB");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {Silence.TotalSeconds} s", e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
