using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>
/// A server in a namespace that takes or gives as many bytes as it is asked to over a connection, and says
/// who it is, whom it sees, and what came: <c>s1 80 10.77.1.2 HASH</c>.
/// </summary>
internal sealed class TransferServer : IDisposable
{
    /// <summary>How many bytes are moved at most.</summary>
    public const int MaximumLength = 10 * 1024 * 1024;

    private static readonly TimeSpan Limit = TimeLimit.FromSeconds(20);
    private static readonly byte[] Content = RandomBytes();
    private static readonly ConcurrentDictionary<int, string> Hashes = new();

    private readonly Socket _socket;
    private readonly string _name;

    /// <summary>Listens at all addresses of a family.</summary>
    public TransferServer(TestNamespace space, AddressFamily family, int port, string name)
    {
        _name = name;
        _socket = Sockets.Open(space, family, ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
        _socket.Listen(1024);
        _ = AcceptAsync();
    }

    /// <summary>Sends everything, and gives what the server says of it.</summary>
    public static Task<Transfer> UploadAsync(
        TestNamespace from, IPEndPoint to, int length = MaximumLength) =>
        RunAsync(from, to, length, isUpload: true);

    /// <summary>Gets everything, and gives what the server says of itself.</summary>
    public static Task<Transfer> DownloadAsync(
        TestNamespace from, IPEndPoint to, int length = MaximumLength) =>
        RunAsync(from, to, length, isUpload: false);

    public void Dispose() => _socket.Dispose();

    private static byte[] RandomBytes()
    {
        var bytes = new byte[MaximumLength];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task<Transfer> RunAsync(TestNamespace from, IPEndPoint to, int length, bool isUpload)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await RunAsync(from, to, length, isUpload, limit);
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the {(isUpload ? "upload to" : "download from")} {to} has not ended within {Limit.TotalSeconds} s", e);
        }
    }

    private static async Task<Transfer> RunAsync(
        TestNamespace from, IPEndPoint to, int length, bool isUpload, CancellationTokenSource limit)
    {
        using var socket = Sockets.Open(from, to.AddressFamily, ProtocolType.Tcp);
        await socket.ConnectAsync(to, limit.Token);
        // How many to give, or 0: to take what comes.
        await SendAsync(socket, BitConverter.GetBytes(isUpload ? 0 : length), limit.Token);
        string hash = "";
        if (isUpload)
            await SendAsync(socket, Content.AsMemory(0, length), limit.Token);
        else
            hash = await HashAsync(socket, length, limit.Token);
        socket.Shutdown(SocketShutdown.Send);
        var said = new byte[200];
        int saidLength = 0;
        while (await socket.ReceiveAsync(said.AsMemory(saidLength), limit.Token) is > 0 and var more)
            saidLength += more;
        var words = Encoding.ASCII.GetString(said, 0, saidLength).Split(' ');
        return new Transfer
        {
            Server = words[0],
            Port = int.Parse(words[1], CultureInfo.InvariantCulture),
            Peer = IPAddress.Parse(words[2]),
            IsWhole = (isUpload ? words[3] : hash) == Hashes.GetOrAdd(length, HashOfContent),
        };
    }

    private static string HashOfContent(int length) =>
        Convert.ToHexString(SHA256.HashData(Content.AsSpan(0, length)));

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _socket.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                var asked = new byte[sizeof(int)];
                await using var stream = new NetworkStream(connection);
                await stream.ReadExactlyAsync(asked);
                string hash = "";
                if (BitConverter.ToInt32(asked) is > 0 and var length)
                    await SendAsync(connection, Content.AsMemory(0, length), CancellationToken.None);
                else
                    hash = await HashAsync(connection, int.MaxValue, CancellationToken.None);
                var (peer, local) = ((IPEndPoint)connection.RemoteEndPoint!, (IPEndPoint)connection.LocalEndPoint!);
                await SendAsync(connection, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_name} {local.Port} {peer.Address} {hash}")), CancellationToken.None);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The client went away.
            }
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
    }

    // Of so many bytes, or of all that come.
    private static async Task<string> HashAsync(Socket socket, int most, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 17];
        while (most > 0 && await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(most, buffer.Length)), cancellationToken) is > 0 and var length)
        {
            hash.AppendData(buffer, 0, length);
            most -= length;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
