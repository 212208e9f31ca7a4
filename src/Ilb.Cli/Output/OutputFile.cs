using System.Runtime.InteropServices;
using System.Text;

namespace Ilb.Cli.Output;

/// <summary>A file that a command writes: whole or not at all.</summary>
internal static partial class OutputFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint WantMode = 3;        // STATX_TYPE | STATX_MODE
    private const int StatusLength = 256;   // of struct statx
    private const int ModePlace = 28;       // of stx_mode in it
    private const int KindMask = 0xf000;    // S_IFMT
    private const int KindRegular = 0x8000; // S_IFREG

    /// <summary>Puts a text in the place of a file, or makes it. A symbolic link is followed; the mode of a file that was there stays.</summary>
    /// <exception cref="Refusal">It is something else than a regular file, or cannot be written.</exception>
    public static void Write(string path, string text)
    {
        string? temporary = null;
        try
        {
            var target = new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : Path.GetFullPath(path);
            var mode = Mode(target);
            if (mode is { } kind && (kind & KindMask) != KindRegular)
                throw new Refusal($"cannot write {Quote.Of(path)}: it is no regular file; '-' stands for the standard output");
            var made = Path.Combine(Path.GetDirectoryName(target) ?? "/", $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}");
            using (var stream = new FileStream(made, FileMode.CreateNew, FileAccess.Write))
            {
                temporary = made;
                if (mode is { } old)
                    File.SetUnixFileMode(stream.SafeFileHandle, (UnixFileMode)(old & 0xfff));
                stream.Write(new UTF8Encoding(false).GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(made, target, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e switch { DirectoryNotFoundException => "its folder does not exist", UnauthorizedAccessException => "permission denied", { HResult: > 0 and < 4096 } => Marshal.GetPInvokeErrorMessage(e.HResult), _ => e.Message };
            throw new Refusal($"cannot write {Quote.Of(path)}: {reason}");
        }
        finally
        {
            if (temporary is not null)
                File.Delete(temporary);
        }
    }

    // The base library does not tell a FIFO or a device from a file.
    private static int? Mode(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return StatX(CurrentFolder, path, 0, WantMode, ref status[0]) == 0 ? MemoryMarshal.Read<ushort>(status[ModePlace..]) : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte status);
}
