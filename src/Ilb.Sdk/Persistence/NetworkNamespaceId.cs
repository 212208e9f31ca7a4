namespace Ilb;

/// <summary>The inode number of a network namespace, which names it in the runtime folder.</summary>
internal static class NetworkNamespaceId
{
    /// <param name="path">The namespace as a path; null = the caller's own.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.InvalidArgument"/>: there is no such namespace.</exception>
    public static string Read(string? path)
    {
        try
        {
            if (path is null)
                return Number(new FileInfo("/proc/thread-self/ns/net").LinkTarget) ?? throw new IOException("/proc is not mounted");
            // A namespace that `ip netns` made is a bind mount, whose own name says nothing: that of a handle does.
            using var file = LinuxCalls.OpenPath(path);
            return Number(new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget) ?? throw new IOException("it is something else");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.InvalidArgument, $"cannot find the network namespace{(path is null ? "" : $" {path}")}: {e.Message}", e);
        }
    }

    // "net:[4026531840]"
    private static string? Number(string? target) => target is not null && target.StartsWith("net:[", StringComparison.Ordinal) ? target[5..^1] : null;
}
