using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>Standard input, output and error, of the command and of the daemon.</summary>
internal static class StandardStreams
{
    // Held, so that nothing closes them.
    private static readonly List<SafeFileHandle> Opened = [];

    /// <summary>
    /// Opens /dev/null in the place of those that the caller closed. The next file or connection that is opened would be one of them otherwise, and get what is meant for the
    /// terminal or the log.
    /// </summary>
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
