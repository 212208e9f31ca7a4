using System.Net;
using System.Net.Sockets;
using Ilb.Netlink;

namespace Ilb;

/// <summary>Where probes leave from: a network namespace, and source addresses. The only place that opens sockets for probes of the base library's; <see cref="SocketProber"/> opens its own on a thread of <see cref="Start"/>.</summary>
internal sealed class ProbeNetwork : IDisposable
{
    private readonly IPAddress? _source4;
    private readonly IPAddress? _source6;
    private readonly Lock _turn = new();
    private readonly string? _path;
    private NetworkNamespace? _inside;
    private bool _isDisposed;

    /// <summary>Makes one.</summary>
    /// <param name="sources">The source addresses, at most one of a family.</param>
    /// <param name="networkNamespace">The namespace, as a path; null = the process's own.</param>
    public ProbeNetwork(IEnumerable<IPAddress>? sources = null, string? networkNamespace = null)
    {
        foreach (var source in sources ?? [])
        {
            if (source.AddressFamily == AddressFamily.InterNetwork)
                _source4 = source;
            else
                _source6 = source;
        }

        _path = networkNamespace;
    }

    /// <summary>The source address for a probe; null = what the routes say.</summary>
    public IPAddress? SourceOf(Probe probe) => probe.Source ?? (probe.Address.AddressFamily == AddressFamily.InterNetwork ? _source4 : _source6);

    /// <summary>Runs a loop on a thread of its own that is in the namespace.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="loop">What runs, until it returns.</param>
    /// <exception cref="NetlinkException">The namespace cannot be entered.</exception>
    public Task Start(string name, Action loop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The namespace's own thread runs the loop, another waits for it: so there is one way into a namespace only.
        var space = _path is null ? null : NetworkNamespace.Enter(_path);
        new Thread(() =>
        {
            try
            {
                if (space is null)
                {
                    loop();
                }
                else
                {
                    using (space)
                    {
                        space.Run(() =>
                        {
                            loop();
                            return true;
                        });
                    }
                }

                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = name }.Start();
        return ended.Task;
    }

    /// <summary>Runs something in the namespace: what it opens or starts there belongs there.</summary>
    public T Run<T>(Func<T> work) => _path is null ? work() : Inside().Run(work);

    /// <summary>Opens a socket for a probe, with its mark and bound to its source address.</summary>
    /// <exception cref="ProbeException">That is not possible on this machine.</exception>
    public Socket Open(Probe probe, SocketType type, ProtocolType protocol)
    {
        Socket socket;
        try
        {
            socket = Run(() => new Socket(probe.Address.AddressFamily, type, protocol));
        }
        catch (SocketException e)
        {
            throw ProbeException.NotRun($"cannot open a socket: {ProbeText.Of(e)}");
        }
        catch (NetlinkException e)
        {
            throw ProbeException.NotRun(e.Message);
        }

        try
        {
            if (probe.Mark != 0)
                socket.SetRawSocketOption(ProbeCalls.LevelSocket, ProbeCalls.OptionMark, BitConverter.GetBytes(probe.Mark));
            if (SourceOf(probe) is { } source)
            {
                // Without a port, which is then chosen for the connection: else many to one server run out of them.
                socket.SetRawSocketOption(ProbeCalls.LevelIp, ProbeCalls.IpBindAddressNoPort, BitConverter.GetBytes(1));
                socket.Bind(new IPEndPoint(source, 0));
            }

            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw ProbeException.NotRun(e.SocketErrorCode == SocketError.AddressNotAvailable
                ? NotOurs(SourceOf(probe)!)
                : e.SocketErrorCode == SocketError.AccessDenied ? NoMark : $"cannot prepare a socket: {ProbeText.Of(e)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            _inside?.Dispose();
        }
    }

    /// <summary>The words for a source address that is not this machine's.</summary>
    public static string NotOurs(IPAddress source) => $"the source address {source} is not an address of this machine";

    /// <summary>The words where a probe may not be marked.</summary>
    public const string NoMark = "probes through the data path need CAP_NET_ADMIN";

    private NetworkNamespace Inside()
    {
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _inside ??= NetworkNamespace.Enter(_path!);
        }
    }
}
