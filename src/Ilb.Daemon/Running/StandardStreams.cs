using Microsoft.Win32.SafeHandles;

namespace Ilb.Daemon.Running;

/// <summary>Standard input, output and error.</summary>
internal static class StandardStreams
{
    // Held, so that nothing closes them.
    private static readonly List<SafeFileHandle> Opened = [];

    /// <summary>Opens /dev/null in the place of those that are closed: a client's connection would be one of them otherwise, and get what is meant for the log.</summary>
    public static void Ensure()
    {
        while (true)
        {
            // The lowest free descriptor.
            var handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (handle.DangerousGetHandle() > 2)
            {
                handle.Dispose();
                return;
            }

            Opened.Add(handle);
        }
    }
}
