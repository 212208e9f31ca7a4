using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb;

/// <summary>The health service of gRPC over HTTP/2 without TLS. Its two messages have one field each, so they are written by hand.</summary>
internal sealed class GrpcProber(ProbeNetwork network) : ManagedProber
{
    private const string Method = "/grpc.health.v1.Health/Check";
    private const int PrefixLength = 5;
    private const int MaximumAnswer = 4096;
    private const int Serving = 1;

    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        // A handler for each probe: its connection would live on otherwise.
        using var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (_, stop) =>
            {
                var socket = await ConnectAsync(network, probe, progress, stop).ConfigureAwait(false);
                progress.Doing = "waiting for the answer";
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpMessageInvoker(handler);
        var literal = probe.Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{probe.Address}]" : probe.Address.ToString();
        using var request = new HttpRequestMessage(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"http://{literal}:{probe.Port}{Method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Ask(((GrpcTest)probe.Test).Service ?? "")),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("User-Agent", "ilb");
        using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
            return ProbeOutcome.Failed($"HTTP {(int)response.StatusCode}, wanted 200");
        var answer = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        // Where there is no message, the status stands in the headers instead of the trailers.
        if (Header(response, "grpc-status") is not { } code)
            return ProbeOutcome.Failed(answer.Length == 0 ? "answered something that is not gRPC" : "answered without a status of gRPC, which no client takes");
        if (code != "0")
            return ProbeOutcome.Failed(code == "5" ? "gRPC does not know the service" : code == "12" ? "gRPC has no health service" : $"gRPC status {ProbeText.Line(code)}{(Header(response, "grpc-message") is { Length: > 0 } message ? $": {ProbeText.Line(Uri.UnescapeDataString(message))}" : "")}");
        return Status(answer) switch
        {
            Serving => ProbeOutcome.Alive(progress.Elapsed),
            null => ProbeOutcome.Failed("answered something that is not gRPC"),
            0 => ProbeOutcome.Failed("gRPC health UNKNOWN, wanted SERVING"),
            2 => ProbeOutcome.Failed("gRPC health NOT_SERVING, wanted SERVING"),
            3 => ProbeOutcome.Failed("gRPC health SERVICE_UNKNOWN, wanted SERVING"),
            { } other => ProbeOutcome.Failed($"gRPC health {other}, wanted SERVING"),
        };
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var answer = new byte[MaximumAnswer];
        var length = 0;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (length < answer.Length && await stream.ReadAsync(answer.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            length += read;
        return answer[..length];
    }

    // HealthCheckRequest { string service = 1; } with gRPC's prefix: not compressed, 32 bits of length.
    private static byte[] Ask(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        var message = new MemoryStream();
        if (name.Length > 0)
        {
            message.WriteByte(0x0a);
            for (var rest = (uint)name.Length; ; rest >>= 7)
            {
                message.WriteByte((byte)(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest));
                if (rest <= 0x7f)
                    break;
            }

            message.Write(name);
        }

        var length = (int)message.Length;
        return [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. message.ToArray()];
    }

    // HealthCheckResponse { ServingStatus status = 1; }; null if that is not what it is. Nothing = the default, 0.
    private static int? Status(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < PrefixLength || answer[0] != 0)
            return null;
        var message = answer[PrefixLength..];
        return message switch
        {
            [] => 0,
            [0x08, < 0x80 and var status, ..] => status,
            _ => null,
        };
    }
}
