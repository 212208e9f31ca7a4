using System.Diagnostics;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>The native <c>ilbd</c> that ./build left, run in a namespace with a configuration and a socket of its own, started and killed as often as wanted.</summary>
internal sealed class Ilbd : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(Artifacts.Folder, "ilbd");
    private static readonly TimeSpan Limit = TimeLimit.FromSeconds(30);

    private readonly TestNamespace _space;
    private readonly string _folder = Directory.CreateTempSubdirectory("ilbd").FullName;
    private Process? _process;

    public Ilbd(TestNamespace space)
    {
        _space = space;
        Client = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = SocketPath, Timeout = Limit });
    }

    public string ConfigurationPath => Path.Combine(_folder, "ilb.json");

    public string SocketPath => Path.Combine(_folder, "ilbd.sock");

    /// <summary>The settings of the machine, read at its start.</summary>
    public string NodePath => Path.Combine(_folder, "node.json");

    public RemoteLoadBalancer Client { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", _space.Name, Program, "--config", ConfigurationPath, "--socket", SocketPath]) { RedirectStandardError = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("ilbd did not start");
        // Read on, or it waits for us when the pipe is full.
        var said = new List<string>();
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (said)
                said.Add(line.Data ?? "");
        };
        _process.BeginErrorReadLine();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await Client.GetConfigurationAsync(TestContext.Current.CancellationToken);
                return;
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.DaemonUnreachable && !_process.HasExited && Stopwatch.GetElapsedTime(started) < Limit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            }
            catch (IlbException e)
            {
                lock (said)
                    throw new InvalidOperationException($"ilbd does not answer ({e.Message}): {string.Join('\n', said)}", e);
            }
        }
    }

    /// <summary>Ends it as an administrator does.</summary>
    public async Task StopAsync()
    {
        await Command.RunAsync("kill", ["-TERM", $"{_process!.Id}"]);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends it as a loss of power would, but for the kernel.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_process is not null)
            await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
