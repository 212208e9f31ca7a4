using System.Collections.Concurrent;
using System.Diagnostics;
using Ilb.Netlink;

namespace Ilb;

/// <summary>
/// TCP, UDP, SCTP and ping on one thread: non-blocking sockets, epoll, and a queue of deadlines. It allocates nothing for a probe that succeeds. Its times are the machine's own, since it waits in the kernel.
/// </summary>
internal sealed unsafe partial class SocketProber : IProber, IDisposable
{
    private const int EventCount = 512;
    private const int BufferLength = 4096;
    private const ulong WakeData = ulong.MaxValue;

    private static readonly long TicksPerMillisecond = Stopwatch.Frequency / 1000;

    private readonly ProbeNetwork _network;
    private readonly ConcurrentQueue<(Probe Probe, IProbeSink Sink)> _inbox = new();
    private readonly List<Slot> _slots = [];
    private readonly Stack<Slot> _free = [];
    private readonly PriorityQueue<Slot, long> _deadlines = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);
    private readonly byte[] _events = GC.AllocateUninitializedArray<byte>(EventCount * 16, pinned: true);
    private readonly byte* _received;
    private readonly int _capacity;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Task _thread;
    private int _isAsleep;
    private volatile bool _isStopped;
    private int _inFlight;

    /// <summary>Starts the thread.</summary>
    /// <param name="network">Where probes leave from.</param>
    /// <param name="maximumInFlight">How many probes may be under way; at most half of the descriptors that the process may have, for the rest of it needs some too.</param>
    /// <exception cref="NetlinkException">The namespace cannot be entered.</exception>
    /// <exception cref="IOException">The kernel has no descriptors left.</exception>
    public SocketProber(ProbeNetwork network, int maximumInFlight = 4096)
    {
        _network = network;
        _capacity = (int)Math.Clamp(ProbeCalls.MaximumOpenFiles() / 2, 1, maximumInFlight);
        _received = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _buffer[0]);
        _epoll = ProbeCalls.EpollCreate(ProbeCalls.CloseOnExec);
        _wake = ProbeCalls.EventDescriptor(0, ProbeCalls.CloseOnExec | ProbeCalls.NonBlocking);
        try
        {
            if (_epoll < 0 || _wake < 0 || !Register(_wake, ProbeCalls.EventIn, WakeData))
                throw new IOException($"cannot start the prober: {ProbeText.Of(ProbeCalls.Errno)}");
            _thread = network.Start("ilb probes", Loop);
        }
        catch
        {
            CloseIfOpen(_epoll);
            CloseIfOpen(_wake);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Start(Probe probe, IProbeSink sink) => _inbox.Enqueue((probe, sink));

    /// <inheritdoc/>
    public void Flush() => Wake();

    /// <summary>Stops the thread and waits for it. What is under way is given up and told to nobody.</summary>
    public void Dispose()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        Interlocked.Exchange(ref _isAsleep, 1);
        Wake();
        _thread.GetAwaiter().GetResult();
        CloseIfOpen(_epoll);
        CloseIfOpen(_wake);
    }

    private static void CloseIfOpen(int descriptor)
    {
        if (descriptor >= 0)
            _ = ProbeCalls.Close(descriptor);
    }

    private static long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private void Wake()
    {
        // Only a thread that sleeps, or is about to, need be woken: under load that saves the call.
        if (Interlocked.Exchange(ref _isAsleep, 0) == 0)
            return;
        ulong one = 1;
        _ = ProbeCalls.Write(_wake, &one, sizeof(ulong));
    }

    private bool Register(int descriptor, uint events, ulong data)
    {
        var what = stackalloc byte[16];
        *(uint*)what = events;
        *(ulong*)(what + ProbeCalls.EventData) = data;
        return ProbeCalls.EpollControl(_epoll, ProbeCalls.EpollAdd, descriptor, what) == 0;
    }

    private void Loop()
    {
        fixed (byte* events = _events)
        {
            while (!_isStopped)
            {
                StartWaiting();
                Volatile.Write(ref _isAsleep, 1);
                Interlocked.MemoryBarrier();
                var wait = !_inbox.IsEmpty && _inFlight < _capacity ? 0 : Wait();
                var count = ProbeCalls.EpollWait(_epoll, events, EventCount, _isStopped ? 0 : wait);
                Volatile.Write(ref _isAsleep, 0);
                for (var i = 0; i < count && !_isStopped; i++)
                {
                    var one = events + (i * ProbeCalls.EventLength);
                    Handle(*(uint*)one, *(ulong*)(one + ProbeCalls.EventData));
                }

                // Answers that are there come before deadlines, all of them: where the whole machine stood still, a probe that was answered is not late.
                if (count < EventCount)
                    Expire();
            }
        }

        foreach (var slot in _slots)
            CloseIfOpen(slot.Descriptor);
        foreach (var echo in _echoes.Values)
            CloseIfOpen(echo.Descriptor);
    }

    private void StartWaiting()
    {
        while (_inFlight < _capacity && !_isStopped && _inbox.TryDequeue(out var next))
        {
            if (next.Probe.Test is PingTest)
                StartPing(next.Probe, next.Sink);
            else
                StartConnection(next.Probe, next.Sink);
        }
    }

    private int Wait()
    {
        if (!_deadlines.TryPeek(out _, out var first))
            return -1;
        var left = first - Stopwatch.GetTimestamp();
        return left <= 0 ? 0 : (int)Math.Min((left / TicksPerMillisecond) + 1, int.MaxValue);
    }

    private void Handle(uint events, ulong data)
    {
        if (data == WakeData)
        {
            ulong count;
            _ = ProbeCalls.Read(_wake, &count, sizeof(ulong));
        }
        else if ((int)(data >> 32) is var index && index >= EchoBase)
        {
            ReceiveEchoes(_echoList[index - EchoBase], (events & ProbeCalls.EventError) != 0);
        }
        else if (_slots[index] is { IsActive: true } slot && slot.Generation == (uint)data)
        {
            Continue(slot, events);
        }
    }

    // A slot has one place in the queue at a time: it is put there anew when that comes up and the probe in it then is a later one. So the queue is as long as there are slots, and a probe costs it nothing.
    private void SetDeadline(Slot slot, TimeSpan timeout)
    {
        slot.Started = Stopwatch.GetTimestamp();
        slot.Deadline = slot.Started + TicksOf(timeout);
        if (slot.Queued != 0 && slot.Queued <= slot.Deadline)
            return;
        slot.Queued = slot.Deadline;
        _deadlines.Enqueue(slot, slot.Deadline);
    }

    private void Expire()
    {
        if (_deadlines.Count == 0)
            return;
        var now = Stopwatch.GetTimestamp();
        while (_deadlines.TryPeek(out var slot, out var due) && due <= now)
        {
            _deadlines.Dequeue();
            if (slot.Queued != due)
                continue;
            slot.Queued = 0;
            if (!slot.IsActive)
                continue;
            if (slot.Deadline > now)
            {
                slot.Queued = slot.Deadline;
                _deadlines.Enqueue(slot, slot.Deadline);
                continue;
            }

            End(slot, slot.Phase switch
            {
                // An open port of UDP need not answer.
                SlotPhase.Listening => ProbeOutcome.Alive(),
                SlotPhase.Connecting => ProbeOutcome.Failed(ProbeText.TimedOut(slot.Probe!.Timeout, "connecting")),
                SlotPhase.Sending => ProbeOutcome.Failed(ProbeText.TimedOut(slot.Probe!.Timeout, "sending")),
                SlotPhase.Pinging => ProbeOutcome.Failed(ProbeText.TimedOut(slot.Probe!.Timeout, "waiting for the echo")),
                _ => ProbeOutcome.Failed(ProbeText.TimedOut(slot.Probe!.Timeout, "waiting for the answer")),
            });
        }
    }

    private Slot Take(Probe probe, IProbeSink sink)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = new Slot(_slots.Count);
            _slots.Add(slot);
        }

        _inFlight++;
        slot.IsActive = true;
        (slot.Probe, slot.Sink, slot.Position) = (probe, sink, 0);
        return slot;
    }

    private void End(Slot slot, in ProbeOutcome outcome)
    {
        var (probe, sink) = (slot.Probe!, slot.Sink!);
        if (slot.Descriptor >= 0)
            _ = ProbeCalls.Close(slot.Descriptor);
        (slot.Descriptor, slot.Probe, slot.Sink, slot.IsActive) = (-1, null, null, false);
        slot.Generation++;
        _inFlight--;
        _free.Push(slot);
        sink.Done(probe, outcome);
    }

    private static ProbeOutcome AliveSince(Slot slot) => ProbeOutcome.Alive(Stopwatch.GetElapsedTime(slot.Started));

    // Errors that come from this machine, whatever the server is.
    private static ProbeOutcome Local(string doing, int errno) => ProbeOutcome.NotRun(errno switch
    {
        ProbeCalls.EMFILE or ProbeCalls.ENFILE => "too many open files",
        ProbeCalls.EADDRNOTAVAIL or ProbeCalls.EADDRINUSE or ProbeCalls.EAGAIN => "no local port is free",
        ProbeCalls.ENOMEM or ProbeCalls.ENOBUFS => "out of memory for sockets",
        _ => $"{doing}: {ProbeText.Of(errno)}",
    });

    private enum SlotPhase : byte
    {
        Connecting,
        Sending,
        Answering,
        Listening,
        Pinging,
    }

    /// <summary>A probe under way. Slots are used again, the last one first.</summary>
    private sealed class Slot(int index)
    {
        public int Index { get; } = index;

        public uint Generation { get; set; }

        public int Descriptor { get; set; } = -1;

        public Probe? Probe { get; set; }

        public IProbeSink? Sink { get; set; }

        public long Started { get; set; }

        public long Deadline { get; set; }

        public long Queued { get; set; }

        /// <summary>How much was sent, then how much of the answer was as wanted.</summary>
        public int Position { get; set; }

        public SlotPhase Phase { get; set; }

        public bool IsActive { get; set; }

        public ulong Data => ((ulong)Index << 32) | Generation;
    }
}
