using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ilb;

internal sealed unsafe partial class SocketProber
{
    private const int NameLength4 = 16;
    private const int NameLength6 = 28;

    // A port of UDP that is closed says so at once; one that is open may say nothing.
    private static readonly TimeSpan DatagramWait = TimeSpan.FromSeconds(1);

    private void StartConnection(Probe probe, IProbeSink sink)
    {
        var family = probe.Address.AddressFamily == AddressFamily.InterNetwork ? ProbeCalls.Inet : ProbeCalls.Inet6;
        var (type, protocol) = probe.Test switch
        {
            UdpTest => (ProbeCalls.Datagram, ProbeCalls.ProtocolUdp),
            SctpTest => (ProbeCalls.Stream, ProbeCalls.ProtocolSctp),
            _ => (ProbeCalls.Stream, ProbeCalls.ProtocolTcp),
        };
        var socket = ProbeCalls.Socket(family, type | ProbeCalls.NonBlocking | ProbeCalls.CloseOnExec, protocol);
        if (socket < 0)
        {
            sink.Done(probe, ProbeCalls.Errno is ProbeCalls.EPROTONOSUPPORT or ProbeCalls.ESOCKTNOSUPPORT && probe.Test is SctpTest
                ? ProbeOutcome.NotRun("this kernel has no SCTP")
                : Local("opening a socket", ProbeCalls.Errno));
            return;
        }

        var slot = Take(probe, sink);
        slot.Descriptor = socket;
        slot.Phase = SlotPhase.Connecting;
        if (Prepare(probe, socket, type) is { } cannot)
        {
            End(slot, cannot);
            return;
        }

        var events = probe.Expect.Length > 0 || type == ProbeCalls.Datagram
            ? ProbeCalls.EventIn | ProbeCalls.EventOut | ProbeCalls.EventReadHangUp | ProbeCalls.EventEdge
            : ProbeCalls.EventOut | ProbeCalls.EventEdge;
        SetDeadline(slot, type == ProbeCalls.Datagram && probe.Expect.Length == 0 && probe.Timeout > DatagramWait ? DatagramWait : probe.Timeout);
        var name = stackalloc byte[NameLength6];
        if (ProbeCalls.Connect(socket, name, WriteName(name, probe.Address, probe.Port)) != 0 && ProbeCalls.Errno is not ProbeCalls.EINPROGRESS)
        {
            var errno = ProbeCalls.Errno;
            End(slot, errno is ProbeCalls.EADDRNOTAVAIL or ProbeCalls.EADDRINUSE or ProbeCalls.EAGAIN or ProbeCalls.ENOBUFS or ProbeCalls.ENOMEM
                ? Local("connecting", errno)
                : ProbeOutcome.Failed(ProbeText.Of(errno)));
        }
        else if (!Register(socket, events, slot.Data))
        {
            End(slot, Local("watching a socket", ProbeCalls.Errno));
        }
    }

    // Null if all is well.
    private ProbeOutcome? Prepare(Probe probe, int socket, int type)
    {
        if (type == ProbeCalls.Stream)
        {
            // struct linger: on, for no time. Closed by a reset, no connection of ours is left in TIME_WAIT.
            var linger = stackalloc int[2];
            (linger[0], linger[1]) = (1, 0);
            _ = ProbeCalls.SetOption(socket, ProbeCalls.LevelSocket, ProbeCalls.OptionLinger, linger, 2 * sizeof(int));
        }

        if (probe.Mark != 0)
        {
            var mark = probe.Mark;
            if (ProbeCalls.SetOption(socket, ProbeCalls.LevelSocket, ProbeCalls.OptionMark, &mark, sizeof(uint)) != 0)
                return ProbeOutcome.NotRun(ProbeNetwork.NoMark);
        }

        return _network.SourceOf(probe) is { } source ? BindTo(socket, source) : null;
    }

    private static ProbeOutcome? BindTo(int socket, IPAddress source)
    {
        var name = stackalloc byte[NameLength6];
        var one = 1;
        _ = ProbeCalls.SetOption(socket, ProbeCalls.LevelIp, ProbeCalls.IpBindAddressNoPort, &one, sizeof(int));
        if (ProbeCalls.Bind(socket, name, WriteName(name, source, 0)) == 0)
            return null;
        return ProbeCalls.Errno == ProbeCalls.EADDRNOTAVAIL ? ProbeOutcome.NotRun(ProbeNetwork.NotOurs(source)) : Local("binding a socket", ProbeCalls.Errno);
    }

    private void Continue(Slot slot, uint events)
    {
        var probe = slot.Probe!;
        var isDatagram = probe.Test is UdpTest;
        if ((events & (ProbeCalls.EventError | ProbeCalls.EventHangUp)) != 0 && ErrorOf(slot.Descriptor) is var errno and not 0)
        {
            End(slot, ProbeOutcome.Failed(ProbeText.Of(errno, isDatagram)));
            return;
        }

        if (slot.Phase == SlotPhase.Connecting)
        {
            if (!isDatagram && IPAddress.IsLoopback(probe.Address) && IsToItself(slot.Descriptor, probe.Port))
            {
                End(slot, ProbeOutcome.Failed("connection refused"));
                return;
            }

            if (!isDatagram && probe.Send.Length == 0 && probe.Expect.Length == 0)
            {
                End(slot, AliveSince(slot));
                return;
            }

            slot.Phase = SlotPhase.Sending;
        }

        if (slot.Phase == SlotPhase.Sending && !Send(slot, isDatagram))
            return;
        if ((events & (ProbeCalls.EventIn | ProbeCalls.EventReadHangUp)) != 0)
            Receive(slot, isDatagram);
    }

    private static bool IsFatal(int errno) => errno is not (ProbeCalls.EAGAIN or ProbeCalls.EINTR);

    // False if there is nothing to receive yet, or ever.
    private bool Send(Slot slot, bool isDatagram)
    {
        var probe = slot.Probe!;
        fixed (byte* data = probe.Send)
        {
            while (isDatagram || slot.Position < probe.Send.Length)
            {
                var sent = ProbeCalls.Send(slot.Descriptor, data + slot.Position, probe.Send.Length - slot.Position, ProbeCalls.MessageNoSignal);
                if (sent < 0)
                {
                    if (IsFatal(ProbeCalls.Errno))
                        End(slot, ProbeOutcome.Failed(ProbeText.Of(ProbeCalls.Errno, isDatagram)));
                    return false;
                }

                slot.Position += (int)sent;
                if (isDatagram)
                    break;
            }
        }

        if (!isDatagram && probe.Expect.Length == 0)
        {
            End(slot, AliveSince(slot));
            return false;
        }

        slot.Position = 0;
        slot.Phase = isDatagram && probe.Expect.Length == 0 ? SlotPhase.Listening : SlotPhase.Answering;
        return true;
    }

    private void Receive(Slot slot, bool isDatagram)
    {
        var probe = slot.Probe!;
        while (true)
        {
            var length = (int)ProbeCalls.Receive(slot.Descriptor, _received, BufferLength, 0);
            if (length < 0)
            {
                if (IsFatal(ProbeCalls.Errno))
                    End(slot, ProbeOutcome.Failed(ProbeText.Of(ProbeCalls.Errno, isDatagram)));
                return;
            }

            var answer = new ReadOnlySpan<byte>(_received, length);
            var wanted = probe.Expect.AsSpan(slot.Position);
            if (isDatagram)
            {
                End(slot, answer.StartsWith(wanted) ? AliveSince(slot) : Differs(answer, probe));
                return;
            }

            var common = Math.Min(length, wanted.Length);
            if (length == 0)
                End(slot, ProbeOutcome.Failed(slot.Position == 0 ? "closed the connection without an answer" : $"closed the connection after {ProbeText.Show(probe.Expect.AsSpan(0, slot.Position))}, wanted {ProbeText.Show(probe.Expect)}"));
            else if (!answer[..common].SequenceEqual(wanted[..common]))
                End(slot, Differs([.. probe.Expect.AsSpan(0, slot.Position), .. answer], probe));
            else if (common == wanted.Length)
                End(slot, AliveSince(slot));
            else
                slot.Position += common;
            if (!slot.IsActive)
                return;
        }
    }

    private static ProbeOutcome Differs(ReadOnlySpan<byte> answer, Probe probe) => ProbeOutcome.Failed($"answered {ProbeText.Show(answer)}, wanted {ProbeText.Show(probe.Expect)}");

    private static int ErrorOf(int socket)
    {
        int error, length = sizeof(int);
        return ProbeCalls.GetOption(socket, ProbeCalls.LevelSocket, ProbeCalls.OptionError, &error, &length) == 0 ? error : ProbeCalls.Errno;
    }

    // A port of this machine that nobody listens at may be the one that the kernel just chose for our own end: TCP then connects it to itself.
    private static bool IsToItself(int socket, int port)
    {
        var name = stackalloc byte[NameLength6];
        var length = NameLength6;
        return ProbeCalls.GetName(socket, name, &length) == 0 && ((name[2] << 8) | name[3]) == port;
    }

    // struct sockaddr_in, struct sockaddr_in6.
    private static int WriteName(byte* name, IPAddress address, int port)
    {
        var isInet = address.AddressFamily == AddressFamily.InterNetwork;
        var length = isInet ? NameLength4 : NameLength6;
        NativeMemory.Clear(name, (nuint)length);
        *(ushort*)name = (ushort)(isInet ? ProbeCalls.Inet : ProbeCalls.Inet6);
        (name[2], name[3]) = ((byte)(port >> 8), (byte)port);
        address.TryWriteBytes(new Span<byte>(name + (isInet ? 4 : 8), isInet ? 4 : 16), out _);
        if (!isInet)
            *(uint*)(name + 24) = (uint)address.ScopeId;
        return length;
    }
}
