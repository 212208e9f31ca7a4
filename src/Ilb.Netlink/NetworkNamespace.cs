using System.Collections.Concurrent;
using Ilb.Netlink.Transport;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Netlink;

/// <summary>
/// One way into another network namespace: a thread that has entered it (<c>setns(2)</c>) and runs what it is given, one after the other. Sockets opened and files of
/// <c>/proc/thread-self/net</c> and <c>/proc/sys/net</c> opened there belong to that namespace and can be used from any thread afterwards.
/// </summary>
/// <example><code>
/// using var space = NetworkNamespace.Enter("/run/netns/blue");
/// string table = space.Run(() => File.ReadAllText("/proc/thread-self/net/ip_vs"));
/// </code></example>
public sealed class NetworkNamespace : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    private NetworkNamespace(string path) => Path = path;

    /// <summary>The path it was entered by.</summary>
    public string Path { get; }

    /// <summary>Enters a namespace; needs <c>CAP_SYS_ADMIN</c>.</summary>
    /// <param name="path"><c>/run/netns/NAME</c>, <c>/proc/PID/ns/net</c>, or another bind mount of one.</param>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrorCode.NotFound"/>: there is no such file; <see cref="NetlinkErrorCode.InvalidArgument"/>: it is no network namespace; <see cref="NetlinkErrorCode.PermissionDenied"/>.</exception>
    public static NetworkNamespace Enter(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var space = new NetworkNamespace(path);
        var entered = new TaskCompletionSource();
        new Thread(() => space.Loop(entered)) { IsBackground = true, Name = $"netns {path}" }.Start();
        entered.Task.GetAwaiter().GetResult();
        return space;
    }

    /// <summary>Runs something in the namespace and waits for it; its exception is thrown here. It must not itself wait for the namespace's thread.</summary>
    /// <param name="work">What to run.</param>
    /// <exception cref="ObjectDisposedException">The namespace was left.</exception>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _work.Add(() =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(NetworkNamespace));
        }

        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Leaves the namespace: what was given is still run, then the thread ends.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Loop(TaskCompletionSource entered)
    {
        try
        {
            Enter();
        }
        catch (Exception e)
        {
            entered.SetException(e);
            return;
        }

        entered.SetResult();
        foreach (var work in _work.GetConsumingEnumerable())
            work();
    }

    private void Enter()
    {
        // .NET refuses to open a folder with what reads like a lack of permission.
        if (Directory.Exists(Path))
            throw new NetlinkException(NetlinkErrorCode.InvalidArgument, $"{Path} is not a network namespace", Errno.EINVAL);
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var code = e is UnauthorizedAccessException ? NetlinkErrorCode.PermissionDenied : NetlinkErrorCode.NotFound;
            throw new NetlinkException(code, $"cannot open the network namespace {Path}: {e.Message}", innerException: e);
        }

        using (file)
        {
            if (NativeMethods.SetNamespace(file, NativeMethods.CloneNewNetwork) == 0)
                return;
            var error = SystemCallError.Make($"entering the network namespace {Path}");
            throw error.Errno == Errno.EINVAL
                ? new NetlinkException(NetlinkErrorCode.InvalidArgument, $"{Path} is not a network namespace", error.Errno)
                : error;
        }
    }
}
