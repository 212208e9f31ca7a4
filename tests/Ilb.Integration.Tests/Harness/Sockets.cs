using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Transport;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Sockets of a namespace.</summary>
public static class Sockets
{
    private const int Sctp = 132;

    /// <summary>One of TCP or UDP.</summary>
    public static Socket Open(TestNamespace space, AddressFamily family, ProtocolType protocol) =>
        space.Run(() => new Socket(family, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol));

    /// <summary>An SCTP socket in the manner of TCP; .NET has no name for the protocol.</summary>
    public static Socket OpenSctp(TestNamespace space, AddressFamily family = AddressFamily.InterNetwork)
    {
        int number = family == AddressFamily.InterNetworkV6 ? 10 : 2;
        const int stream = 1 | NativeMethods.SocketCloseOnExec;
        int descriptor = space.Run(() => NativeMethods.Socket(number, stream, Sctp));
        return descriptor >= 0
            ? new Socket(new SafeSocketHandle(descriptor, ownsHandle: true))
            : throw new InvalidOperationException("no SCTP in this kernel");
    }

    /// <summary>A connected client whose message was echoed.</summary>
    public static async Task<Socket> ConnectAsync(TestNamespace space, IPEndPoint to, ProtocolType protocol = ProtocolType.Tcp)
    {
        var socket = Open(space, to.AddressFamily, protocol);
        await socket.ConnectAsync(to, TestContext.Current.CancellationToken);
        await EchoAsync(socket);
        return socket;
    }

    /// <summary>Sends a few bytes and waits for them.</summary>
    public static async Task EchoAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit.FromSeconds(20));
        var message = "ping"u8.ToArray();
        await socket.SendAsync(message, limit.Token);
        var answer = new byte[16];
        int length = await socket.ReceiveAsync(answer, limit.Token);
        Assert.Equal(message, answer[..length]);
    }
}
