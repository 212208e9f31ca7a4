using System.Net.Sockets;

namespace Ilb.Daemon;

/// <summary>The file of a Unix socket.</summary>
internal static class SocketFile
{
    /// <exception cref="IlbException">The path is too long for a socket.</exception>
    public static UnixDomainSocketEndPoint EndPoint(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException e)
        {
            throw new IlbException(IlbErrorCode.InvalidArgument, $"the path of a socket has 1 to 107 bytes: {Quote.Of(path)} has not", e);
        }
    }

    /// <summary>Makes the folder of a socket, and takes away what a process that did not come to its end has left there.</summary>
    /// <exception cref="IlbException">Something else is there, or a process that answers.</exception>
    public static void Prepare(string path)
    {
        var end = EndPoint(path);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(end);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && (File.GetAttributes(path) & (FileAttributes.Directory | FileAttributes.ReparsePoint)) == 0 && !IsRegular(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw Error(path, e);
        }

        throw new IlbException(IlbErrorCode.Locked, $"{path} belongs to another process, which answers there: name another socket with --socket");
    }

    public static IlbException Error(string path, Exception e) => e is UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied }
        ? new IlbException(IlbErrorCode.PermissionDenied, $"cannot serve at {path}: permission denied; run as root, or name a socket of your own with --socket", e)
        : new IlbException(IlbErrorCode.SaveFailed, $"cannot serve at {path}: {(Path.Exists(path) && (Directory.Exists(path) || IsRegular(path)) ? "it is no socket" : e.Message)}", e);

    private static bool IsRegular(string path) => (Mono.Unix.Native.Syscall.lstat(path, out var status) == 0) && (status.st_mode & Mono.Unix.Native.FilePermissions.S_IFMT) != Mono.Unix.Native.FilePermissions.S_IFSOCK;
}
