using System.Text;

namespace Ilb;

/// <summary>Reads lines of a protocol that has lines, bounded.</summary>
internal sealed class LineStream(Stream stream)
{
    private const int MaximumLength = 4096;

    private readonly byte[] _buffer = new byte[MaximumLength];
    private int _start;
    private int _end;

    /// <summary>The next line without its end.</summary>
    /// <exception cref="EndOfStreamException">The stream ended before.</exception>
    /// <exception cref="ProbeException">The line is too long.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, length).TrimEnd('\r');
                _start += length + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            if (_end == MaximumLength)
                throw ProbeException.Failed($"answered a line longer than {MaximumLength} bytes");
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException();
            _end += read;
        }
    }
}
