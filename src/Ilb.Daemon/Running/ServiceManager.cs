using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace Ilb.Daemon.Running;

/// <summary>What systemd is told, if it has started us; see sd_notify(3).</summary>
internal sealed class ServiceManager(ISystemdNotifier notifier, TimeProvider time)
{
    private const int MaximumLine = 1000;

    /// <summary>The service answers.</summary>
    public void TellReady(string status) => Tell($"READY=1\nSTATUS={Line(status)}");

    /// <summary>It takes its configuration anew; <see cref="TellReady"/> ends it.</summary>
    public void TellReloading() => Tell(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)(time.GetTimestamp() * (1_000_000.0 / time.TimestampFrequency))}"));

    public void TellStatus(string status) => Tell($"STATUS={Line(status)}");

    public void TellStopping() => Tell("STOPPING=1\nSTATUS=stops");

    public void TellAlive() => Tell("WATCHDOG=1");

    // Whoever manages services may come and go; the service does not fail with it.
    private void Tell(string state)
    {
        try
        {
            if (notifier.IsEnabled)
                notifier.Notify(new ServiceState(state));
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
        }
    }

    // Longer ones the manager refuses, and with them what else they say.
    private static string Line(string text)
    {
        text = text.ReplaceLineEndings("; ");
        return text.Length > MaximumLine ? $"{text[..MaximumLine]}…" : text;
    }
}
