using System.Net;
using System.Net.Sockets;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>What tests of probers share: real sockets on loopback, servers that behave as a test says, and one probe that is awaited.</summary>
public abstract class ProbeTest : IDisposable
{
    // A probe that goes wrong ends by it; a test that goes wrong by the wait for it.
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(30);

    private readonly CancellationTokenSource _end = new();
    private readonly List<IDisposable> _open = [];

    protected CancellationToken End => _end.Token;

    public void Dispose()
    {
        _end.Cancel();
        foreach (var one in _open)
            one.Dispose();
        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    protected T Use<T>(T one)
        where T : IDisposable
    {
        _open.Add(one);
        return one;
    }

    /// <summary>A server on loopback; each connection is handled by itself, and what the handler throws ends it.</summary>
    protected int Listen(Func<Socket, Task> handle, IPAddress? address = null)
    {
        var listener = Use(new Socket((address ?? IPAddress.Loopback).AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        listener.Listen();
        _ = AcceptAsync();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;

        async Task AcceptAsync()
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync(End));
        }

        async Task ServeAsync(Socket client)
        {
            using (client)
                await handle(client);
        }
    }

    /// <summary>Never does anything.</summary>
    protected Task ForeverAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, End);

    /// <summary>A port at which nobody listens.</summary>
    protected static int ClosedPort(ProtocolType protocol = ProtocolType.Tcp)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private protected static Task<ProbeOutcome> RunAsync(IProber prober, HealthTest test, int port, TimeSpan? timeout = null, IPAddress? address = null, Protocol protocol = Protocol.Tcp) =>
        RunAsync(prober, new Probe(test, new ProbeTarget { Server = address ?? IPAddress.Loopback, Protocol = protocol }, port, timeout ?? TimeSpan.FromSeconds(10)));

    private protected static Task<ProbeOutcome> RunAsync(IProber prober, Probe probe)
    {
        var sink = new Sink();
        prober.Start(probe, sink);
        prober.Flush();
        return sink.Ended.WaitAsync(Deadline, TimeProvider.System);
    }

    private sealed class Sink : IProbeSink
    {
        private readonly TaskCompletionSource<ProbeOutcome> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ProbeOutcome> Ended => _ended.Task;

        // A second end would be a fault.
        public void Done(Probe probe, in ProbeOutcome outcome) => _ended.SetResult(outcome);
    }
}
