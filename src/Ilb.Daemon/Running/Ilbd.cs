using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Ilb.Daemon.Access;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace Ilb.Daemon.Running;

/// <summary>The program: from arguments to exit status.</summary>
internal static class Ilbd
{
    public static async Task<int> RunAsync(string[] words)
    {
        StandardStreams.Ensure();
        var (arguments, status) = DaemonArguments.Read(words, Environment.GetEnvironmentVariable, Console.Out, Console.Error);
        if (arguments is null)
            return status;
        var accounts = new SystemAccounts();
        var warning = Privileges.TryLeave(accounts, words);
        using var loggers = LoggerFactory.Create(Configure);
        if (warning is not null)
            Log.RunsAsRoot(loggers.CreateLogger("Ilb.Daemon"), warning);

        using var stop = new CancellationTokenSource();
        // One that comes while another waits means the same.
        var reload = Channel.CreateBounded<PosixSignal>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            reload.Writer.TryWrite(signal.Signal);
        });
        try
        {
            var balancer = new LoadBalancerOptions { Instance = arguments.Instance, ConfigurationPath = arguments.ConfigurationPath, KeepsKernel = true, LoggerFactory = loggers };
            var options = new DaemonServerOptions { SocketPath = arguments.SocketPath, Balancer = balancer, Accounts = accounts, IsActivated = IsActivated() };
            await new DaemonProcess(arguments, options, LoadBalancer.Create(balancer), new ServiceManager(new SystemdNotifier(), TimeProvider.System), Environment.GetEnvironmentVariable)
                .RunAsync(cancellation => reload.Reader.ReadAsync(cancellation).AsTask(), stop.Token).ConfigureAwait(false);
            return ExitStatus.Stopped;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitStatus.Stopped;
        }
        catch (IlbException e)
        {
            foreach (var error in e.Errors)
                await Console.Error.WriteLineAsync($"ilbd: {error.Message}").ConfigureAwait(false);
            return e.Code is IlbErrorCode.ConfigurationDamaged or IlbErrorCode.ConfigurationNewer or IlbErrorCode.NotSupported ? ExitStatus.WrongConfiguration : ExitStatus.Refused;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static bool IsActivated() => Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), CultureInfo.InvariantCulture, out var count) && count > 0;

    // The journal takes a line's level from its beginning.
    private static void Configure(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
            logging.AddSystemdConsole();
        else
            logging.AddSimpleConsole(static console => console.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
