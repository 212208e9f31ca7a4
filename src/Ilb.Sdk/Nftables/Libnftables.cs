using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ilb;

/// <summary>The library that <c>nft</c> itself is made of. It is loaded at the first call, so that a machine without it can do everything else.</summary>
internal sealed partial class Libnftables(KernelSpace space) : INftables
{
    // include/nftables/libnftables.h
    private const uint PrintJson = 1 << 4;

    // include/linux/socket.h, include/uapi/linux/netlink.h, include/uapi/asm-generic/socket.h, include/uapi/asm-generic/fcntl.h
    private const int FamilyNetlink = 16;
    private const int ProtocolNetfilter = 12;
    private const int OptionProtocol = 38;
    private const int OptionDomain = 39;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    private readonly Lock _turn = new();
    private nint _context;
    private bool _isDisposed;
    private bool _takesTables;

    public Task<string> RunAsync(string statements) => Task.Run(() => InTurn(() => Run(statements)));

    public Task RequireTablesAsync() => Task.Run(() => InTurn(() =>
    {
        if (!_takesTables)
            CheckTables();
        return _takesTables = true;
    }));

    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            if (_context != 0)
                FreeContext(_context);
            _context = 0;
        }
    }

    private T InTurn<T>(Func<T> call)
    {
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return space.Run(call);
        }
    }

    // Listing says of a kernel without the family only that there is no such table.
    private void CheckTables()
    {
        try
        {
            _ = Run("add table inet ilb\n", isDry: true);
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.KernelRefused)
        {
            throw NotInKernel(e);
        }
    }

    private string Run(string statements, bool isDry = false)
    {
        try
        {
            if (_context == 0)
                Open();
            SetDryRun(_context, isDry ? (byte)1 : (byte)0);
            var status = RunCommand(_context, statements);
            // Both, for reading empties them.
            var (output, error) = (Text(OutputBuffer(_context)), Text(ErrorBuffer(_context)));
            return status == 0 ? output : throw Refused(error);
        }
        catch (DllNotFoundException e)
        {
            throw new IlbException(IlbErrorCode.KernelUnavailable, "ranges of ports, all ports, type=NAT and on-disable=pass need nftables, and libnftables.so.1 is not installed: install the package libnftables1 (Debian, Ubuntu) or nftables", e);
        }
    }

    // Its socket is opened here, in the namespace of this thread.
    private void Open()
    {
        RequireNetlink();
        _context = NewContext(0);
        if (_context == 0)
            throw new IlbException(IlbErrorCode.OutOfMemory, "nftables: out of memory");
        KeepSocketToUs();
        _ = BufferOutput(_context);
        _ = BufferError(_context);
        SetOutputFlags(_context, PrintJson);
    }

    // Where the library gets no such socket it ends the whole process.
    private static void RequireNetlink()
    {
        var descriptor = ProbeCalls.Socket(FamilyNetlink, ProbeCalls.Raw | ProbeCalls.CloseOnExec, ProtocolNetfilter);
        if (descriptor < 0)
        {
            var error = new Win32Exception(ProbeCalls.Errno);
            throw error.NativeErrorCode == ProbeCalls.EPROTONOSUPPORT
                ? NotInKernel(error)
                : new IlbException(IlbErrorCode.KernelUnavailable, $"nftables: no netlink socket: {error.Message}", error);
        }

        _ = ProbeCalls.Close(descriptor);
    }

    private static IlbException NotInKernel(Exception? cause) =>
        new(
            IlbErrorCode.KernelUnavailable,
            "ranges of ports, all ports, type=NAT and on-disable=pass need nftables, which this kernel does not have: "
                + "try 'modprobe nf_tables', or use a kernel with CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET",
            cause);

    // The library gives it to every program that is started, also to those of users that have no rights: they could read our answers.
    private static unsafe void KeepSocketToUs()
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var descriptor) && Option(descriptor, OptionDomain) == FamilyNetlink && Option(descriptor, OptionProtocol) == ProtocolNetfilter)
                _ = Control(descriptor, SetDescriptorFlags, CloseOnExec);
        }

        static int? Option(int descriptor, int option)
        {
            int value, length = sizeof(int);
            return ProbeCalls.GetOption(descriptor, ProbeCalls.LevelSocket, option, &value, &length) == 0 ? value : null;
        }
    }

    private static string Text(nint buffer) => Marshal.PtrToStringUTF8(buffer) ?? "";

    // The first line has the reason; those after it repeat the statement.
    private static IlbException Refused(string error)
    {
        var line = error.Split('\n', 2)[0].Trim();
        var reason = line.IndexOf("Error: ", StringComparison.Ordinal) is >= 0 and var start ? line[(start + "Error: ".Length)..] : line;
        if (reason.Contains("Operation not permitted", StringComparison.Ordinal))
            return new IlbException(IlbErrorCode.PermissionDenied, "no permission to use nftables: run as root, or with the capability CAP_NET_ADMIN");
        // What netfilter says of messages to a part of it that is not there.
        if (reason.Contains("cache initialization failed: Invalid argument", StringComparison.Ordinal))
            return NotInKernel(null);
        return new IlbException(reason.Contains("No such file or directory", StringComparison.Ordinal) ? IlbErrorCode.NotFound : IlbErrorCode.KernelRefused, $"nftables: {(reason.Length == 0 ? "refused without a reason" : reason)}");
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, nint value);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_new")]
    private static partial nint NewContext(uint flags);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_buffer_output")]
    private static partial int BufferOutput(nint context);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_buffer_error")]
    private static partial int BufferError(nint context);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_output_set_flags")]
    private static partial void SetOutputFlags(nint context, uint flags);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_set_dry_run")]
    private static partial void SetDryRun(nint context, byte isDry);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_run_cmd_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RunCommand(nint context, string statements);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_get_output_buffer")]
    private static partial nint OutputBuffer(nint context);

    [LibraryImport("libnftables.so.1", EntryPoint = "nft_ctx_get_error_buffer")]
    private static partial nint ErrorBuffer(nint context);
}
