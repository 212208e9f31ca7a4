using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>
/// Requests and answers over one socket, blocking and for one thread at a time: sequence numbers, acknowledgements, dumps, batches.
/// Messages with other sequence numbers are answers to requests that were given up; they are skipped.
/// </summary>
internal sealed class NetlinkConnection(INetlinkSocket socket, NetlinkOptions options, int receiveBufferLength) : IDisposable
{
    /// <summary>Size of a full send. The kernel takes up to its send buffer (208 KB by default); larger ones gain nothing.</summary>
    public const int SendBufferLength = 64 << 10;

    private const int DumpAttempts = 8;

    private readonly byte[] _send = GC.AllocateUninitializedArray<byte>(SendBufferLength);
    private byte[] _receive = GC.AllocateUninitializedArray<byte>(receiveBufferLength);
    private bool[] _acknowledged = [];
    private uint _sequence;
    private long _progress;

    /// <summary>Whether the last exchange came to its end, so that the next one may use this connection.</summary>
    public bool IsClean { get; private set; } = true;

    /// <summary>Counts sends and receives, so that another thread sees whether the kernel still answers. No timestamp: reading the clock can cost as much as the call.</summary>
    public long Progress => Volatile.Read(ref _progress);

    /// <summary>Sends one request and reads its answer up to the acknowledgement.</summary>
    public void Execute<TRequest, TAnswer>(in TRequest request, ref TAnswer answer)
        where TRequest : INetlinkRequest
        where TAnswer : INetlinkAnswer
    {
        uint sequence = SendOne(request, NetlinkConstants.FlagAcknowledge);
        while (true)
        {
            var messages = new NetlinkMessageReader(Whole(ReceiveOrThrow()));
            while (messages.MoveNext())
            {
                var message = messages.Current;
                if (message.Sequence != sequence)
                    continue;
                switch (message.Type)
                {
                    case NetlinkConstants.TypeNoop:
                        continue;
                    case NetlinkConstants.TypeOverrun:
                        throw Overrun();
                    case NetlinkConstants.TypeError or NetlinkConstants.TypeDone:
                        var acknowledgement = NetlinkAcknowledgement.Read(message);
                        IsClean = true;
                        if (acknowledgement.Errno != 0)
                            throw request.Refused(acknowledgement);
                        return;
                    default:
                        answer.Read(message);
                        continue;
                }
            }
        }
    }

    /// <summary>Lists: one request, an answer of many messages. A dump that was disturbed starts again, a few times.</summary>
    public void Dump<TRequest, TAnswer>(in TRequest request, ref TAnswer answer)
        where TRequest : INetlinkRequest
        where TAnswer : INetlinkAnswer
    {
        for (int attempt = 0; attempt < DumpAttempts; attempt++)
        {
            answer.Restart();
            if (DumpOnce(request, ref answer))
                return;
        }

        throw new NetlinkException(NetlinkErrorCode.Interrupted, $"the list changed while it was read, {DumpAttempts} times in a row");
    }

    /// <summary>Sends requests in as few sends as they fit in and matches the acknowledgements; a refused one does not stop the others.</summary>
    /// <exception cref="NetlinkException">The kernel fell silent, or its bytes make no sense: what became of the requests since the last full send is unknown.</exception>
    public void Batch<TBatch>(ref TBatch batch, CancellationToken cancellationToken)
        where TBatch : INetlinkBatch
    {
        int next = 0;
        while (next < batch.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            uint sequence = _sequence + 1;
            int count = SendMany(ref batch, next);
            ReceiveAcknowledgements(ref batch, next, count, sequence);
            next += count;
        }
    }

    public void Dispose() => socket.Dispose();

    private uint SendOne<TRequest>(in TRequest request, ushort flags)
        where TRequest : INetlinkRequest
    {
        uint sequence = ++_sequence;
        var writer = new NetlinkWriter(_send);
        int start = writer.StartMessage(request.MessageType, (ushort)(NetlinkConstants.FlagRequest | flags | request.Flags), sequence);
        request.WriteBody(ref writer);
        writer.EndMessage(start);
        if (writer.Overflowed)
            throw new InvalidOperationException($"a request needs more than {SendBufferLength} bytes");
        Send(writer.Written);
        return sequence;
    }

    private int SendMany<TBatch>(ref TBatch batch, int first)
        where TBatch : INetlinkBatch
    {
        int limit = Math.Min(batch.Count - first, socket.MaximumRequests);
        int count = 0;
        var writer = new NetlinkWriter(_send);
        while (count < limit)
        {
            int start = writer.StartMessage(batch.MessageType, NetlinkConstants.FlagRequest | NetlinkConstants.FlagAcknowledge, _sequence + 1);
            batch.WriteBody(first + count, ref writer);
            writer.EndMessage(start);
            if (writer.Overflowed)
            {
                writer.RollBack(start);
                break;
            }

            _sequence++;
            count++;
        }

        if (count == 0)
            throw new InvalidOperationException($"a request needs more than {SendBufferLength} bytes");
        Send(writer.Written);
        return count;
    }

    private void ReceiveAcknowledgements<TBatch>(ref TBatch batch, int first, int count, uint firstSequence)
        where TBatch : INetlinkBatch
    {
        if (_acknowledged.Length < count)
            _acknowledged = new bool[Math.Max(count, 1024)];
        Array.Clear(_acknowledged, 0, count);
        int left = count;
        bool overrun = false;
        while (left > 0)
        {
            // After an overrun, only what is in the queue already will come.
            int received = socket.Receive(_receive, overrun ? TimeSpan.Zero : options.ResponseTimeout);
            if (received == NetlinkReceive.Overrun)
            {
                overrun = true;
                continue;
            }

            if (received == NetlinkReceive.TimedOut)
            {
                if (!overrun)
                    throw Timeout(left);
                break;
            }

            CountProgress();
            var messages = new NetlinkMessageReader(Whole(received));
            while (messages.MoveNext())
            {
                var message = messages.Current;
                uint index = message.Sequence - firstSequence;
                if (index >= (uint)count)
                    continue;
                overrun |= message.Type == NetlinkConstants.TypeOverrun;
                if (message.Type != NetlinkConstants.TypeError || _acknowledged[index])
                    continue;
                var acknowledgement = NetlinkAcknowledgement.Read(message);
                _acknowledged[index] = true;
                left--;
                if (acknowledgement.Errno != 0)
                    batch.Refused(first + (int)index, acknowledgement);
            }
        }

        for (int i = 0; left > 0 && i < count; i++)
        {
            if (_acknowledged[i])
                continue;
            batch.Lost(first + i);
            left--;
        }

        IsClean = true;
    }

    private bool DumpOnce<TRequest, TAnswer>(in TRequest request, ref TAnswer answer)
        where TRequest : INetlinkRequest
        where TAnswer : INetlinkAnswer
    {
        uint sequence = SendOne(request, NetlinkConstants.FlagDump);
        bool disturbed = false;
        while (true)
        {
            // After an overrun the kernel may hold the dump as one under way for ever (netlink_dump failed within recv): this socket is of no more use.
            int received = ReceiveOrThrow();
            if (received > _receive.Length)
            {
                _receive = GC.AllocateUninitializedArray<byte>(received);
                DrainDump();
                return false;
            }

            var messages = new NetlinkMessageReader(_receive.AsSpan(0, received));
            while (messages.MoveNext())
            {
                var message = messages.Current;
                if (message.Sequence != sequence)
                    continue;
                disturbed |= (message.Flags & NetlinkConstants.FlagDumpInterrupted) != 0;
                switch (message.Type)
                {
                    case NetlinkConstants.TypeNoop:
                        continue;
                    case NetlinkConstants.TypeOverrun:
                        throw Overrun();
                    case NetlinkConstants.TypeError or NetlinkConstants.TypeDone:
                        var acknowledgement = NetlinkAcknowledgement.Read(message);
                        IsClean = true;
                        if (acknowledgement.Errno != 0)
                            throw request.Refused(acknowledgement);
                        return !disturbed;
                    default:
                        answer.Read(message);
                        continue;
                }
            }
        }
    }

    // Receiving is what makes the kernel go on with a dump: when the queue is empty the dump is over and another may begin.
    private void DrainDump()
    {
        while (socket.Receive(_receive, TimeSpan.Zero) is var received && received != NetlinkReceive.TimedOut)
        {
            CountProgress();
            if (received == NetlinkReceive.Overrun)
                throw Overrun();
        }
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        IsClean = false;
        CountProgress();
        socket.Send(datagram);
        CountProgress();
    }

    private ReadOnlySpan<byte> Whole(int received) => received <= _receive.Length
        ? _receive.AsSpan(0, received)
        : throw ProtocolError.Make("an answer has {0} bytes, more than {1}", received, _receive.Length);

    private int ReceiveOrThrow()
    {
        int received = socket.Receive(_receive, options.ResponseTimeout);
        CountProgress();
        return received switch
        {
            NetlinkReceive.TimedOut => throw Timeout(1),
            NetlinkReceive.Overrun => throw Overrun(),
            _ => received,
        };
    }

    private void CountProgress() => Volatile.Write(ref _progress, _progress + 1);

    private NetlinkException Timeout(int unanswered) => new(NetlinkErrorCode.Timeout,
        $"the kernel has not answered {unanswered} request{(unanswered == 1 ? "" : "s")} within {options.ResponseTimeout.TotalSeconds} s");

    private static NetlinkException Overrun() => new(NetlinkErrorCode.Overrun,
        "the netlink receive queue overflowed and answers were lost", Errno.ENOBUFS);
}
