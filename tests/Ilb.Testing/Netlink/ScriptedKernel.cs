using System.Diagnostics;
using Ilb.Netlink;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;
using Ilb.Netlink.Transport;
using Microsoft.Extensions.Time.Testing;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Testing.Netlink;

/// <summary>
/// A kernel that follows a script. Each <see cref="Answers"/> says what one send brings; a send for which the script has no line fails the test. It is silent when the
/// queue is empty: waiting moves the fake clock on instead of taking time. Family look-ups are answered beside the script.
/// </summary>
/// <example><code>
/// kernel.Answers(Refuse(EEXIST, request: 1), Acknowledge(0));
/// </code></example>
internal sealed class ScriptedKernel
{
    public const ushort IpvsFamily = 0x24;

    private readonly Lock _lock = new();
    private readonly Queue<Line> _script = [];
    private readonly List<SentRequest> _requests = [];
    private readonly List<int> _sends = [];
    private readonly List<Socket> _sockets = [];
    private Func<IReadOnlyList<SentRequest>, IEnumerable<Reply>>? _otherwise;
    private NetlinkException? _openError;

    public FakeTimeProvider Clock { get; } = new();

    public NetlinkOptions Options => new() { TimeProvider = Clock, ResponseTimeout = TimeSpan.FromSeconds(10) };

    /// <summary>What each socket says one send may hold.</summary>
    public int MaximumRequests { get; set; } = 1000;

    /// <summary>Whether look-ups of the family IPVS are answered beside the script. Default true.</summary>
    public bool AnswersLookUps { get; set; } = true;

    /// <summary>All requests that came, in order, without answered look-ups.</summary>
    public IReadOnlyList<SentRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    /// <summary>How many requests each send held, without answered look-ups.</summary>
    public IReadOnlyList<int> Sends
    {
        get
        {
            lock (_lock)
                return [.. _sends];
        }
    }

    /// <summary>How many sockets were opened.</summary>
    public int Opened
    {
        get
        {
            lock (_lock)
                return _sockets.Count;
        }
    }

    /// <summary>How many sockets are open.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
                return _sockets.Count(socket => !socket.Disposed);
        }
    }

    /// <summary>What the next send brings, in this order. Nothing = silence.</summary>
    public void Answers(params Reply[] replies) => Enqueue(new Line { Replies = _ => replies });

    /// <summary>What every send brings that the script has no line for.</summary>
    public void Otherwise(Func<IReadOnlyList<SentRequest>, IEnumerable<Reply>> replies) => _otherwise = replies;

    /// <summary>Acknowledges every request that the script has no line for.</summary>
    public void OtherwiseAcknowledges() => Otherwise(sent => Replies.AcknowledgeAll(sent.Count));

    /// <summary>The next send hangs in the kernel until it is released; then it brings the replies.</summary>
    public Hang Hangs(params Reply[] replies)
    {
        var hang = new Hang();
        Enqueue(new Line { Replies = _ => replies, Hang = hang });
        return hang;
    }

    /// <summary>The next send fails as a system call.</summary>
    public void FailsToSend(NetlinkException error) => Enqueue(new Line { Replies = _ => [], Error = error });

    /// <summary>From now on no socket can be opened; null = again it can.</summary>
    public void FailsToOpen(NetlinkException? error) => _openError = error;

    public INetlinkSocket OpenSocket()
    {
        if (_openError is not null)
            throw _openError;
        var socket = new Socket(this);
        lock (_lock)
            _sockets.Add(socket);
        return socket;
    }

    public NetlinkConnection Connect() => new(OpenSocket(), Options, GenericFamily.ReceiveBufferLength);

    public NetlinkChannel Channel() => new(Options, Connect);

    public IpvsClient Ipvs() => new(Channel());

    public RouteClient Route() => new(Channel());

    /// <summary>Moves the clock on until the call ends.</summary>
    public async Task<T> ExpireAsync<T>(Task<T> call)
    {
        long started = Stopwatch.GetTimestamp();
        while (!call.IsCompleted)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
                throw new InvalidOperationException("the call does not end");
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await call;
    }

    private void Enqueue(Line line)
    {
        lock (_lock)
            _script.Enqueue(line);
    }

    private Line NextLine(IReadOnlyList<SentRequest> sent)
    {
        lock (_lock)
        {
            // CTRL_CMD_GETFAMILY
            if (AnswersLookUps && sent is [{ Type: 0x10, Command: 3 }])
                return new Line { Replies = _ => [Replies.Says(GenericHeader(1), Text(2, "IPVS"), U16(1, IpvsFamily)), Replies.Acknowledge()] };
            _requests.AddRange(sent);
            _sends.Add(sent.Count);
            if (_script.TryDequeue(out var line))
                return line;
            return _otherwise is null
                ? throw new InvalidOperationException($"the script has no line for {sent.Count} request(s), the first of type {sent[0].Type}, command {sent[0].Command}")
                : new Line { Replies = _otherwise };
        }
    }

    /// <summary>A send that hangs.</summary>
    public sealed class Hang
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new();

        /// <summary>Ends when the send has begun to hang.</summary>
        public Task Entered => _entered.Task;

        public void Release() => _released.TrySetResult();

        internal void Enter()
        {
            _entered.TrySetResult();
            _released.Task.Wait();
        }
    }

    private sealed class Line
    {
        public required Func<IReadOnlyList<SentRequest>, IEnumerable<Reply>> Replies { get; init; }

        public Hang? Hang { get; init; }

        public NetlinkException? Error { get; init; }
    }

    private sealed class Socket(ScriptedKernel kernel) : INetlinkSocket
    {
        private readonly LinkedList<Arrival> _queue = [];
        private uint _sequence;
        private int _users;

        public bool Disposed { get; private set; }

        public int MaximumRequests => kernel.MaximumRequests;

        public void Send(ReadOnlySpan<byte> datagram)
        {
            var sent = SentRequest.Parse(datagram);
            using var _ = Use();
            foreach (var request in sent)
            {
                if (request.Sequence != ++_sequence)
                    throw new InvalidOperationException($"sequence number {request.Sequence} follows {_sequence - 1}");
            }

            var line = kernel.NextLine(sent);
            line.Hang?.Enter();
            if (line.Error is not null)
                throw line.Error;
            foreach (var reply in line.Replies(sent))
                _queue.AddLast(reply(sent));
        }

        public int Receive(Span<byte> buffer, TimeSpan timeout)
        {
            using var _ = Use();
            return Take(buffer, timeout);
        }

        public void Dispose()
        {
            if (_users != 0)
                throw new InvalidOperationException("the socket is closed under a thread that uses it");
            Disposed = true;
        }

        private int Take(Span<byte> buffer, TimeSpan timeout)
        {
            var next = _queue.First?.Value;
            if (next is null || next.Delay > timeout)
            {
                kernel.Clock.Advance(timeout);
                if (next is not null)
                    next.Delay -= timeout;
                return NetlinkReceive.TimedOut;
            }

            kernel.Clock.Advance(next.Delay);
            _queue.RemoveFirst();
            if (next.Failure is not null)
                throw next.Failure;
            if (next.Overrun)
                return NetlinkReceive.Overrun;
            var datagram = next.Datagram!;
            datagram.AsSpan(0, Math.Min(datagram.Length, buffer.Length)).CopyTo(buffer);
            return datagram.Length;
        }

        private User Use()
        {
            ObjectDisposedException.ThrowIf(Disposed, this);
            if (Interlocked.Increment(ref _users) != 1)
                throw new InvalidOperationException("two threads use one socket");
            return new User(this);
        }

        private readonly struct User(Socket socket) : IDisposable
        {
            public void Dispose() => Interlocked.Decrement(ref socket._users);
        }
    }
}
