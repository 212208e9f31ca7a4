using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Ilb;

/// <summary>A DNS query, over UDP or TCP as the rule has it.</summary>
internal sealed class DnsProber(ProbeNetwork network) : ManagedProber
{
    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        var test = (DnsTest)probe.Test;
        var question = DnsMessage.Ask(BinaryPrimitives.ReadUInt16LittleEndian(RandomNumberGenerator.GetBytes(2)), test.Query, test.Type);
        var answer = probe.Target.Protocol == Protocol.Tcp
            ? await OverStreamAsync(probe, question, progress, cancellationToken).ConfigureAwait(false)
            : await OverDatagramAsync(probe, question, progress, cancellationToken).ConfigureAwait(false);
        // What does not fit into a datagram is asked for again, as every resolver does (RFC 7766, section 5).
        if (DnsMessage.IsTruncated(answer.Span) && test.Answer is not null && probe.Target.Protocol != Protocol.Tcp)
            answer = await OverStreamAsync(probe, question, progress, cancellationToken).ConfigureAwait(false);
        return DnsMessage.Judge(answer.Span, test.Type, test.Answer) is { } fault ? ProbeOutcome.Failed(fault) : ProbeOutcome.Alive(progress.Elapsed);
    }

    private async Task<ReadOnlyMemory<byte>> OverDatagramAsync(Probe probe, byte[] question, ProbeProgress progress, CancellationToken cancellationToken)
    {
        using var socket = network.Open(probe, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(probe.Address, probe.Port, cancellationToken).ConfigureAwait(false);
        progress.Doing = "waiting for the answer";
        try
        {
            await socket.SendAsync(question, cancellationToken).ConfigureAwait(false);
            var buffer = new byte[4096];
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (DnsMessage.IsAnswer(buffer.AsSpan(0, length), question))
                    return buffer.AsMemory(0, length);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            throw ProbeException.Failed("port unreachable");
        }
    }

    // RFC 7766: the length in front.
    private async Task<ReadOnlyMemory<byte>> OverStreamAsync(Probe probe, byte[] question, ProbeProgress progress, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(network, probe, progress, cancellationToken).ConfigureAwait(false);
        progress.Doing = "waiting for the answer";
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync((byte[])[(byte)(question.Length >> 8), (byte)question.Length, .. question], cancellationToken).ConfigureAwait(false);
        var buffer = new byte[2 + ushort.MaxValue];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), cancellationToken).ConfigureAwait(false);
        var answer = buffer.AsMemory(2, BinaryPrimitives.ReadUInt16BigEndian(buffer));
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return DnsMessage.IsAnswer(answer.Span, question) ? answer : throw ProbeException.Failed("answered something that is not DNS");
    }
}
