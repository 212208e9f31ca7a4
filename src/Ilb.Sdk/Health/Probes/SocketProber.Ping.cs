using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Ilb;

// RFC 792, RFC 4443. All echoes of a family and source address go through one socket.
internal sealed unsafe partial class SocketProber
{
    // Indices of slots stay below.
    private const int EchoBase = 1 << 30;
    private const int EchoLength = 24;
    private const int NonceOffset = 8;
    private const byte EchoRequest4 = 8;
    private const byte EchoReply4 = 0;
    private const byte EchoRequest6 = 128;
    private const byte EchoReply6 = 129;
    private const int EchoReceiveBuffer = 1 << 20;

    private const string NoPing = "ping needs CAP_NET_RAW, or this group within net.ipv4.ping_group_range";

    private readonly Dictionary<(bool IsInet, IPAddress? Source), Echo> _echoes = [];
    private readonly List<Echo> _echoList = [];
    // So that nobody else can make an answer up.
    private readonly ulong _secret = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private ushort _sequence;

    private void StartPing(Probe probe, IProbeSink sink)
    {
        var isInet = probe.Address.AddressFamily == AddressFamily.InterNetwork;
        var source = _network.SourceOf(probe);
        if (!_echoes.TryGetValue((isInet, source), out var echo))
        {
            if (OpenEcho(isInet, source, out echo) is { } cannot)
            {
                sink.Done(probe, cannot);
                return;
            }
        }

        var slot = Take(probe, sink);
        slot.Phase = SlotPhase.Pinging;
        SetDeadline(slot, probe.Timeout);
        var packet = stackalloc byte[EchoLength];
        new Span<byte>(packet, EchoLength).Clear();
        packet[0] = isInet ? EchoRequest4 : EchoRequest6;
        (packet[4], packet[5]) = (echo!.Identifier1, echo.Identifier2);
        var sequence = ++_sequence;
        (packet[6], packet[7]) = ((byte)(sequence >> 8), (byte)sequence);
        *(ulong*)(packet + NonceOffset) = slot.Data;
        *(ulong*)(packet + NonceOffset + sizeof(ulong)) = Proof(slot.Data);
        // The kernel writes it itself but on a raw socket of IPv4.
        if (isInet)
            WriteChecksum(packet);
        var name = stackalloc byte[NameLength6];
        var nameLength = WriteName(name, probe.Address, 0);
        int errno = 0;
        // What became of an earlier echo to somebody else is told by the next call on the socket, once.
        for (var i = 0; i < 3; i++)
        {
            if (ProbeCalls.SendTo(echo.Descriptor, packet, EchoLength, ProbeCalls.MessageNoSignal, name, nameLength) >= 0)
                return;
            errno = ProbeCalls.Errno;
        }

        End(slot, errno is ProbeCalls.EAGAIN or ProbeCalls.ENOBUFS or ProbeCalls.ENOMEM ? Local("sending", errno) : ProbeOutcome.Failed(ProbeText.Of(errno)));
    }

    private ulong Proof(ulong data) => (data ^ _secret) * 0x9e3779b97f4a7c15 ^ (_secret >> 7);

    private static void WriteChecksum(byte* packet)
    {
        uint sum = 0;
        for (var i = 0; i < EchoLength; i += 2)
            sum += (uint)((packet[i] << 8) | packet[i + 1]);
        sum = (sum >> 16) + (sum & 0xffff);
        sum += sum >> 16;
        (packet[2], packet[3]) = ((byte)(~sum >> 8), (byte)~sum);
    }

    private ProbeOutcome? OpenEcho(bool isInet, IPAddress? source, out Echo? echo)
    {
        echo = null;
        var (family, protocol) = isInet ? (ProbeCalls.Inet, ProbeCalls.ProtocolIcmp) : (ProbeCalls.Inet6, ProbeCalls.ProtocolIcmp6);
        const int flags = ProbeCalls.NonBlocking | ProbeCalls.CloseOnExec;
        // Without privilege where the administrator allows it, else with it.
        var isRaw = false;
        var socket = ProbeCalls.Socket(family, ProbeCalls.Datagram | flags, protocol);
        if (socket < 0 && ProbeCalls.Errno is not (ProbeCalls.EMFILE or ProbeCalls.ENFILE))
        {
            isRaw = true;
            socket = ProbeCalls.Socket(family, ProbeCalls.Raw | flags, protocol);
        }

        if (socket < 0)
            return ProbeCalls.Errno is ProbeCalls.EPERM or ProbeCalls.EACCES ? ProbeOutcome.NotRun(NoPing) : Local("opening a socket for ping", ProbeCalls.Errno);
        if (source is not null && BindTo(socket, source) is { } cannot)
        {
            _ = ProbeCalls.Close(socket);
            return cannot;
        }

        if (isRaw)
            LetRepliesOnly(socket, isInet);
        int one = 1, room = EchoReceiveBuffer;
        _ = ProbeCalls.SetOption(socket, isInet ? ProbeCalls.LevelIp : ProbeCalls.LevelIp6, isInet ? ProbeCalls.IpReceiveErrors : ProbeCalls.Ip6ReceiveErrors, &one, sizeof(int));
        _ = ProbeCalls.SetOption(socket, ProbeCalls.LevelSocket, ProbeCalls.OptionReceiveBuffer, &room, sizeof(int));
        if (!Register(socket, ProbeCalls.EventIn, (ulong)(EchoBase + _echoList.Count) << 32))
        {
            var errno = ProbeCalls.Errno;
            _ = ProbeCalls.Close(socket);
            return Local("watching a socket", errno);
        }

        echo = new Echo(socket, isInet, isRaw);
        RandomNumberGenerator.Fill(new Span<byte>(_received, 2));
        (echo.Identifier1, echo.Identifier2) = (_received[0], _received[1]);
        _echoes.Add((isInet, source), echo);
        _echoList.Add(echo);
        return null;
    }

    // A raw socket sees all ICMP of the machine, on loopback also its own requests.
    private static void LetRepliesOnly(int socket, bool isInet)
    {
        if (isInet)
        {
            var blocked = ~(1u << EchoReply4);
            _ = ProbeCalls.SetOption(socket, ProbeCalls.LevelRaw, ProbeCalls.IcmpFilter, &blocked, sizeof(uint));
            return;
        }

        // struct icmp6_filter, a bit for each type: 1 = blocked.
        var types = stackalloc uint[8];
        new Span<uint>(types, 8).Fill(uint.MaxValue);
        types[EchoReply6 >> 5] &= ~(1u << (EchoReply6 & 31));
        _ = ProbeCalls.SetOption(socket, ProbeCalls.ProtocolIcmp6, ProbeCalls.IcmpFilter, types, 32);
    }

    private void ReceiveEchoes(Echo echo, bool hasErrors)
    {
        var name = stackalloc byte[NameLength6];
        if (hasErrors)
            ReceiveEchoErrors(echo);
        for (var i = 0; i < EventCount; i++)
        {
            var nameLength = NameLength6;
            var length = (int)ProbeCalls.ReceiveFrom(echo.Descriptor, _received, BufferLength, 0, name, &nameLength);
            if (length < 0)
            {
                // An error of one destination is told here too, once.
                if (ProbeCalls.Errno == ProbeCalls.EAGAIN)
                    return;
                ReceiveEchoErrors(echo);
                continue;
            }

            var packet = _received;
            if (echo.IsRaw && echo.IsInet)
            {
                var header = length > 0 ? (packet[0] & 0xf) * 4 : 0;
                packet += header;
                length -= header;
            }

            if (length < EchoLength || packet[0] != (echo.IsInet ? EchoReply4 : EchoReply6) || SlotOf(packet) is not { } slot || !IsFrom(name, slot.Probe!.Address))
                continue;
            End(slot, AliveSince(slot));
        }
    }

    // What came back with the request in it: ip(7), IP_RECVERR.
    private void ReceiveEchoErrors(Echo echo)
    {
        var control = stackalloc byte[512];
        var vector = new ProbeCalls.Vector { Start = _received, Length = BufferLength };
        while (true)
        {
            var message = new ProbeCalls.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 512 };
            var length = (int)ProbeCalls.ReceiveMessage(echo.Descriptor, &message, ProbeCalls.MessageErrorQueue);
            if (length < 0)
                return;
            // struct cmsghdr of 16 bytes (on 64 bits), then struct sock_extended_err, which begins with the errno.
            if (message.ControlLength < sizeof(nint) + 12 || length < EchoLength || SlotOf(_received) is not { } slot)
                continue;
            var errno = *(int*)(control + sizeof(nint) + 8);
            End(slot, ProbeOutcome.Failed(ProbeText.Of(errno)));
        }
    }

    private Slot? SlotOf(byte* packet)
    {
        var data = *(ulong*)(packet + NonceOffset);
        var index = (int)(data >> 32);
        return *(ulong*)(packet + NonceOffset + sizeof(ulong)) == Proof(data) && (uint)index < (uint)_slots.Count
            && _slots[index] is { IsActive: true, Phase: SlotPhase.Pinging } slot && slot.Data == data
            ? slot : null;
    }

    private static bool IsFrom(byte* name, IPAddress address)
    {
        var isInet = address.AddressFamily == AddressFamily.InterNetwork;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return new ReadOnlySpan<byte>(name + (isInet ? 4 : 8), length).SequenceEqual(bytes[..length]);
    }

    private sealed class Echo(int descriptor, bool isInet, bool isRaw)
    {
        public int Descriptor { get; } = descriptor;

        public bool IsInet { get; } = isInet;

        public bool IsRaw { get; } = isRaw;

        public byte Identifier1 { get; set; }

        public byte Identifier2 { get; set; }
    }
}
