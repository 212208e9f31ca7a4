using System.Runtime.InteropServices;
using Ilb.Daemon.Access;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace Ilb.Daemon.Running;

/// <summary>Root that starts the daemon is left as soon as may be: for the user ilb, with no more than CAP_NET_ADMIN.</summary>
internal static class Privileges
{
    public const string User = "ilb";

    private const string Program = "/usr/bin/setpriv";

    // What a configuration and its runtime state are in by default. Others are their owner's affair.
    private static readonly string[] Folders = ["/var/lib/ilb", "/run/ilb"];

    /// <summary>Goes on as the user ilb, in a new program of the same process; returns only where that cannot be, with the reason, or null where there is nothing to leave.</summary>
    public static string? TryLeave(IAccounts accounts, string[] arguments)
    {
        if (Syscall.geteuid() != 0)
            return null;
        if (accounts.FindUser(User) is not { User: not 0 } account)
            return $"runs on as root, for this machine has no user {User}";
        foreach (var folder in Folders)
        {
            if (GiveAway(folder, account.User, account.Group) is { } reason)
                return $"runs on as root, for user {User} would not reach its files: {folder}: {reason}";
        }

        // Both lists end with a null, as execve(2) has them: nobody else adds it.
        // The same process, so a service manager that waits for its word, or has given it a socket, does not notice.
        const string Capabilities = "-all,+net_admin,+net_raw";
        _ = Syscall.execve(Program,
            [
                Program, $"--reuid={User}", $"--regid={User}", "--init-groups", $"--inh-caps={Capabilities}", $"--ambient-caps={Capabilities}", $"--bounding-set={Capabilities}",
                "--", Environment.ProcessPath!, .. arguments, null!,
            ],
            [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(static entry => $"{entry.Key}={entry.Value}"), null!]);
        return $"runs on as root, for it cannot become user {User}: {Program}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
    }

    // Folder and files; root's only, and no more than one name each, or whoever owned the folder before could have put other names of root's files there.
    private static string? GiveAway(string folder, uint user, uint group)
    {
        try
        {
            new LinuxFileSystem().MakeFolder(folder);
            Give(folder, OpenFlags.O_DIRECTORY, user, group);
            foreach (var file in new DirectoryInfo(folder).GetFiles("*", new EnumerationOptions { AttributesToSkip = 0 }))
            {
                if (file.LinkTarget is null)
                    Give(file.FullName, OpenFlags.O_NONBLOCK, user, group);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Give(string path, OpenFlags kind, uint user, uint group)
    {
        using var file = new SafeFileHandle(Syscall.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC | kind), ownsHandle: true);
        // A socket, or gone.
        if (file.IsInvalid || Syscall.fstat((int)file.DangerousGetHandle(), out var status) != 0 || status.st_uid != 0)
            return;
        var isFolder = (status.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR;
        if (!isFolder && ((status.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFREG || status.st_nlink != 1))
            return;
        if (Syscall.fchown((int)file.DangerousGetHandle(), user, group) != 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }
}
