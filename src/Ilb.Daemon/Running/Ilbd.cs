using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Ilb.Daemon.Access;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace Ilb.Daemon.Running;

/// <summary>The program: from arguments to exit status.</summary>
internal static class Ilbd
{
    // SD_LISTEN_FDS_START of sd_listen_fds(3).
    private const int FirstHandedOver = 3;

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
        var balancer = new LoadBalancerOptions { Instance = arguments.Instance, ConfigurationPath = arguments.ConfigurationPath, KeepsKernel = true, LoggerFactory = loggers };
        var options = new DaemonServerOptions { SocketPath = arguments.SocketPath, Balancer = balancer, Accounts = accounts, IsActivated = IsActivated() };
        var manager = new ServiceManager(new SystemdNotifier(), TimeProvider.System);
        while (true)
        {
            var before = Stamps();
            try
            {
                await new DaemonProcess(arguments, options, LoadBalancer.Create(balancer), manager, Environment.GetEnvironmentVariable)
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
                if (e.Code is not (IlbErrorCode.ConfigurationDamaged or IlbErrorCode.ConfigurationNewer or IlbErrorCode.NotSupported))
                    return ExitStatus.Refused;
                manager.TellStatus($"cannot start: {e.Message}");
                if (!options.IsActivated)
                    return ExitStatus.WrongConfiguration;
                // Not ours to close: systemd goes on to listen there.
                using var listening = new Socket(new SafeSocketHandle(FirstHandedOver, ownsHandle: false));
                if (!await new RefusedStart(e, TimeProvider.System).AnswerAsync(listening, () => Stamps() != before, stop.Token).ConfigureAwait(false))
                    return stop.IsCancellationRequested ? ExitStatus.Stopped : ExitStatus.WrongConfiguration;
            }
        }

        (FileStamp Configuration, FileStamp Node) Stamps() => (FileStamp.Of(options.ConfigurationPath), FileStamp.Of(options.NodePath));

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
