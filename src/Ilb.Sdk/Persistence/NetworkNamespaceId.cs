using System.Globalization;

namespace Ilb;

/// <summary>The inode number of a network namespace, which names it in the runtime folder.</summary>
internal static class NetworkNamespaceId
{
    private const string Own = "/proc/thread-self/ns/net";

    /// <param name="path">The namespace as a path; null = the caller's own.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.InvalidArgument"/>: there is no such namespace.</exception>
    public static string Read(string? path)
    {
        try
        {
            // Not by its name, "net:[4026531840]": one that `ip netns` made is a bind mount, which has the name of its place. And without opening it, for a FIFO would never open.
            // All namespaces are files of one file system. One of another kind is refused when it is entered.
            var (fileSystem, number) = LinuxCalls.Identity(path ?? Own);
            if (path is not null && fileSystem != LinuxCalls.Identity(Own).FileSystem)
                throw new IOException("it is something else");
            return number.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.InvalidArgument, $"cannot find the network namespace{(path is null ? "" : $" {path}")}: {LinuxCalls.Reason(e)}", e);
        }
    }
}
