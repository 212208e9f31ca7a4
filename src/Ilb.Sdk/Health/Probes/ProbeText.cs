using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ilb;

/// <summary>The words for why a probe failed.</summary>
internal static class ProbeText
{
    /// <summary><c>5 s</c>, <c>500 ms</c>.</summary>
    public static string Length(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / TimeSpan.TicksPerSecond} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.Ticks / TimeSpan.TicksPerMillisecond)} ms");

    /// <summary><c>timed out after 5 s connecting</c>.</summary>
    public static string TimedOut(TimeSpan timeout, string doing) => $"timed out after {Length(timeout)} {doing}";

    /// <summary>The words of an errno that a connection ended with.</summary>
    public static string Of(int errno, bool isDatagram = false) => errno switch
    {
        ProbeCalls.ECONNREFUSED => isDatagram ? "port unreachable" : "connection refused",
        ProbeCalls.ECONNRESET or ProbeCalls.EPIPE => "connection reset",
        ProbeCalls.ECONNABORTED => "connection aborted",
        ProbeCalls.EHOSTUNREACH or ProbeCalls.EHOSTDOWN => "host unreachable",
        ProbeCalls.ENETUNREACH => "network unreachable",
        ProbeCalls.ETIMEDOUT => "timed out",
        ProbeCalls.EPERM or ProbeCalls.EACCES => "not permitted by this machine's firewall",
        ProbeCalls.EPROTO => "protocol error",
        _ => LowerFirst(Marshal.GetPInvokeErrorMessage(errno)),
    };

    /// <summary>The words of a socket's exception.</summary>
    public static string Of(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.Shutdown => "connection reset",
        SocketError.ConnectionAborted => "connection aborted",
        SocketError.HostUnreachable or SocketError.HostDown => "host unreachable",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.TimedOut => "timed out",
        SocketError.AccessDenied => "not permitted by this machine's firewall",
        _ => LowerFirst(e.Message),
    };

    /// <summary>Bytes of an answer, as far as one may show them.</summary>
    public static string Show(ReadOnlySpan<byte> bytes) => Quote.Of(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 2 * Quote.MaximumLength)]));

    /// <summary>One line of a text of others, without control characters.</summary>
    public static string Line(string text)
    {
        var line = text.AsSpan().Trim();
        if (line.IndexOfAny('\r', '\n') is >= 0 and var end)
            line = line[..end].TrimEnd();
        return Quote.Of(line.ToString())[1..^1];
    }

    private static string LowerFirst(string text) => text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}
