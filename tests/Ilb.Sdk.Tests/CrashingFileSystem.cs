namespace Ilb.Tests;

/// <summary>
/// Files in memory that forget, when the power goes, what was not written through: contents without a sync, and entries of a folder without one.
/// It loses power, or fails, at the step that it is told to.
/// </summary>
internal sealed class CrashingFileSystem : IFileSystem
{
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly List<byte[]> _contents = [];
    private readonly HashSet<byte[]> _durableContents = [];
    private Dictionary<string, byte[]> _durableEntries = [];
    private int _step;

    /// <summary>The step, from 1, before which the power goes; 0 = never.</summary>
    public int PowerLossAt { get; set; }

    /// <summary>The step, from 1, that fails as on a full disk; 0 = none.</summary>
    public int FailureAt { get; set; }

    /// <summary>Whether every step after that one fails too.</summary>
    public bool FailsOnward { get; set; }

    /// <summary>Called before each step.</summary>
    public Action OnStep { get; set; } = static () => { };

    public List<string> Steps { get; } = [];

    public FileOwner? Written { get; private set; }

    public FileOwner OwnerOfAll { get; } = new() { User = 12, Group = 34, Mode = UnixFileMode.UserRead };

    /// <summary>What the disk may hold after the power came back: each change since the last sync may have got there or not.</summary>
    public IEnumerable<byte[]?> AfterPowerLoss(string path)
    {
        // The entry is the durable one, or the newest; a content without a sync may be missing or cut off.
        foreach (var entries in new[] { _durableEntries, _files })
        {
            if (!entries.TryGetValue(path, out var content))
            {
                yield return null;
                continue;
            }

            if (_durableContents.Contains(content))
            {
                yield return content;
                continue;
            }

            yield return [];
            yield return content[..(content.Length / 2)];
            yield return content;
        }
    }

    public IEnumerable<string> Names => _files.Keys;

    public string Follow(string path) => path;

    public byte[]? Read(string path) => _files.GetValueOrDefault(path);

    public FileMark? Mark(string path) => _files.TryGetValue(path, out var content) ? new FileMark(0, (ulong)_contents.IndexOf(content), (ulong)content.Length, 0, 0) : null;

    public Stream? Open(string path) => _files.TryGetValue(path, out var content) ? new MemoryStream(content) : null;

    public FileOwner? Owner(string path) => _files.ContainsKey(path) ? OwnerOfAll : null;

    public void MakeFolder(string path) => Step($"make folder {path}");

    public IDisposable? TryLock(string path) => new MemoryStream();

    public void Delete(string path)
    {
        Step($"delete {path}");
        _files.Remove(path);
    }

    public void Write(string path, ReadOnlyMemory<byte> content, FileOwner? owner)
    {
        Step($"write {path}");
        Written = owner;
        _contents.Add(content.ToArray());
        _files.Add(path, content.ToArray());
    }

    public void Sync(string path)
    {
        Step($"sync {path}");
        _durableContents.Add(_files[path]);
    }

    public void Rename(string from, string to)
    {
        Step($"rename {from} {to}");
        _files.Remove(from, out var content);
        _files[to] = content!;
    }

    public void SyncFolder(string path)
    {
        Step($"sync folder {path}");
        _durableEntries = new Dictionary<string, byte[]>(_files);
    }

    /// <summary>Puts a file there, written through.</summary>
    public void Put(string path, byte[] content)
    {
        _contents.Add(content.ToArray());
        _durableContents.Add(content);
        _files[path] = content;
        _durableEntries = new Dictionary<string, byte[]>(_files);
    }

    /// <summary>Forgets counting and faults.</summary>
    public void Rest()
    {
        _step = 0;
        PowerLossAt = FailureAt = 0;
        Steps.Clear();
    }

    private void Step(string what)
    {
        OnStep();
        _step++;
        if (_step == PowerLossAt)
            throw new PowerLossException();
        Steps.Add(what);
        if (FailureAt > 0 && (FailsOnward ? _step >= FailureAt : _step == FailureAt))
            throw new IOException("No space left on device");
    }
}

/// <summary>The power is gone: nothing runs any more, so nothing may handle it.</summary>
internal sealed class PowerLossException : Exception
{
}
