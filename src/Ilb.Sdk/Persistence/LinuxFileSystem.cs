namespace Ilb;

/// <summary>The machine's own files.</summary>
internal sealed class LinuxFileSystem : IFileSystem
{
    // Far more than the largest configuration; what is longer is something else, and would take the memory.
    private const int MaximumLength = 64 << 20;
    private const int MaximumLinks = 40;
    private const UnixFileMode Default = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = Default | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Follow(string path)
    {
        var file = new FileInfo(path);
        for (var links = 0; file.LinkTarget is not null; links++)
        {
            if (links == MaximumLinks)
                throw new IOException("too many symbolic links");
            if (LinuxCalls.IsLinkOfOther(file.FullName))
                throw new IOException($"{file.FullName} is a symbolic link of another user, which root does not follow");
            file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: false)!;
        }

        return file.FullName;
    }

    public byte[]? Read(string path) => LinuxCalls.ReadRegularFile(path, MaximumLength);

    public FileMark? Mark(string path) => LinuxCalls.Mark(path);

    public Stream? Open(string path) => File.Exists(path) ? new FileStream(LinuxCalls.OpenRead(path), FileAccess.Read, bufferSize: 0) : null;

    public FileOwner? Owner(string path) => File.Exists(path) ? LinuxCalls.Owner(path) : null;

    public void MakeFolder(string path)
    {
        if (path.Length == 0 || Directory.Exists(path))
            return;
        var parent = Path.GetDirectoryName(path) ?? "/";
        MakeFolder(parent);
        Directory.CreateDirectory(path);
        // Explicitly, whatever the umask is; what the folder above passed on (its set-group-id bit) stays.
        using (var folder = LinuxCalls.OpenRead(path))
            LinuxCalls.SetMode(folder, (LinuxCalls.Owner(path).Mode & UnixFileMode.SetGroup) | FolderMode, path);
        SyncFolder(parent);
    }

    public IDisposable? TryLock(string path)
    {
        var file = LinuxCalls.OpenLock(path);
        try
        {
            if (LinuxCalls.TryLock(file, path))
                return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    public void Delete(string path) => File.Delete(path);

    public void Write(string path, ReadOnlyMemory<byte> content, FileOwner? owner)
    {
        if (content.Length > MaximumLength)
            throw new IOException("it would be larger than 64 MB, and could not be read again");
        // CreateNew does not follow a link that somebody laid there.
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        if (owner is null)
            LinuxCalls.GiveToFolder(file, path);
        else if (LinuxCalls.Owner(path) is var own && (own.User != owner.User || own.Group != owner.Group))
            LinuxCalls.SetOwner(file, owner, path);
        // After the owner, whose change takes the set-id bits away; and explicitly, whatever the umask is.
        LinuxCalls.SetMode(file, owner?.Mode ?? Default, path);
        RandomAccess.Write(file, content.Span, 0);
        LinuxCalls.StartWriting(file);
    }

    public void Sync(string path)
    {
        // Not by the base library, which fails if any reader has locked it.
        using var file = LinuxCalls.OpenRead(path);
        LinuxCalls.Sync(file, path);
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncFolder(string path)
    {
        using var folder = LinuxCalls.OpenRead(path);
        LinuxCalls.Sync(folder, path);
    }
}
