using System.Globalization;
using System.IO.Hashing;

namespace Ilb;

/// <summary>
/// The configuration in one JSON file, made to be read, edited and versioned. A save replaces the whole file: after a crash or a loss of power it is the old one or the new one, and keeps its owner and mode.
/// A file that cannot be understood is never overwritten. One that is the same as before, by its identity, size and times, is not read again.
/// </summary>
public sealed class FileConfigurationStore : IConfigurationStore
{
    private const int LockAttempts = 100;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(10);

    /// <summary>The version of a configuration that has no file.</summary>
    internal const string NoVersion = "none";

    private readonly string _path;
    private readonly IFileSystem _files;
    private readonly TimeProvider _time;
    private readonly ConfigurationWriter _writer = new();
    private Seen? _seen;

    /// <summary>Makes a store; nothing is opened yet.</summary>
    /// <param name="path">The file. It need not exist; a symbolic link is followed.</param>
    public FileConfigurationStore(string path)
        : this(path, new LinuxFileSystem(), TimeProvider.System)
    {
    }

    internal FileConfigurationStore(string path, IFileSystem files, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _files = files;
        _time = time;
    }

    /// <inheritdoc/>
    public Task<ConfigurationSnapshot> LoadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Before the reading: if the file changes meanwhile, the next call sees another one.
        var mark = MarkOf(_path);
        if (mark is not null && Volatile.Read(ref _seen) is { } seen && seen.Mark == mark)
            return Task.FromResult(seen.Snapshot);
        var content = Read();
        if (content is null)
            return Task.FromResult(new ConfigurationSnapshot { Configuration = Configuration.Empty, Version = NoVersion });
        try
        {
            var snapshot = new ConfigurationSnapshot { Configuration = IlbJson.DeserializeConfiguration(content), Version = Version(content) };
            Volatile.Write(ref _seen, mark is null ? null : new Seen(mark.Value, snapshot));
            return Task.FromResult(snapshot);
        }
        catch (IlbException e)
        {
            throw new IlbException(e.Errors.Select(error => error with { Message = $"{Place(error)}: {error.Message}" }).ToValueList(), e);
        }
    }

    /// <inheritdoc/>
    public async Task<string> SaveAsync(Configuration configuration, string expectedVersion, CancellationToken cancellationToken = default)
    {
        var content = _writer.Serialize(configuration);
        string? temporary = null;
        try
        {
            var path = _files.Follow(_path);
            var folder = Path.GetDirectoryName(path) ?? "/";
            _files.MakeFolder(folder);

            // The instance's lock is one of a network namespace; two namespaces may share a file.
            // A file of its own that only its owner can open: the folder, or the configuration, could be locked by whoever may read it.
            using var held = await LockAsync(Path.Combine(folder, $".{Path.GetFileName(path)}.lock"), cancellationToken).ConfigureAwait(false);
            var seen = Volatile.Read(ref _seen);
            var present = seen is not null && seen.Mark == _files.Mark(path) ? seen.Snapshot.Version : VersionOf(_files.Read(path));
            if (present != expectedVersion)
                throw new IlbException(IlbErrorCode.VersionConflict, $"{_path} was changed by somebody else: try again");
            temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.new");
            _files.Delete(temporary);
            var owner = _files.Owner(path);
            _files.Write(temporary, content, owner);
            // While the disk writes.
            var version = Version(content.Span);
            _files.Sync(temporary);
            // Held open, the old file can be put back.
            using var old = _files.Open(path);
            var written = _files.Mark(temporary);
            _files.Rename(temporary, path);
            try
            {
                _files.SyncFolder(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                PutBack(old, owner, path, temporary);
                throw;
            }

            temporary = null;
            var snapshot = new ConfigurationSnapshot { Configuration = configuration, Version = version };
            // The renaming counts as a change, so the times are those of now; unless it is no longer the file that was written.
            var mark = MarkOf(path);
            Volatile.Write(ref _seen, mark is not null && mark.Value.IsSameContent(written) ? new Seen(mark.Value, snapshot) : null);
            return snapshot.Version;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteQuietly(temporary);
            throw e is UnauthorizedAccessException
                ? new IlbException(IlbErrorCode.PermissionDenied, $"cannot write {_path}: permission denied; run as root, or name a file of your own with --config", e)
                : new IlbException(IlbErrorCode.SaveFailed, $"cannot save {_path}: {LinuxCalls.Reason(e)}", e);
        }
    }

    private byte[]? Read()
    {
        try
        {
            return _files.Read(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.ConfigurationUnreadable, $"cannot read {_path}: {LinuxCalls.Reason(e)}", e);
        }
    }

    // Where the folder cannot be written through, nobody knows which file a loss of power would leave. A refusal says that nothing changed, so whoever reads now must find the old one.
    private void PutBack(Stream? old, FileOwner? owner, string path, string temporary)
    {
        try
        {
            if (old is null)
            {
                _files.Delete(path);
                return;
            }

            var content = new byte[old.Length];
            old.ReadExactly(content);
            _files.Delete(temporary);
            _files.Write(temporary, content, owner);
            _files.Rename(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"the new file is there, but it may not outlive a loss of power, and the old one could not be put back: {LinuxCalls.Reason(e)}", e);
        }
    }

    // What is wrong with a file, reading it tells.
    private FileMark? MarkOf(string path)
    {
        try
        {
            return _files.Mark(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string Place(IlbError error) => error.Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"{_path}:{line}") : _path;

    private async Task<IDisposable> LockAsync(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < LockAttempts; attempt++)
        {
            if (_files.TryLock(path) is { } held)
                return held;
            await Task.Delay(LockPause, _time, cancellationToken).ConfigureAwait(false);
        }

        throw new IlbException(IlbErrorCode.Locked, $"cannot save {_path}: somebody else holds {path}");
    }

    // The configuration is untouched by now; a left-over file is replaced by the next save.
    private void DeleteQuietly(string? path)
    {
        try
        {
            if (path is not null)
                _files.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    // It must tell versions apart, not resist an attacker, and costs no cryptographic library at start.
    private static string Version(ReadOnlySpan<byte> content) => XxHash3.HashToUInt64(content).ToString("x16", CultureInfo.InvariantCulture);

    private static string VersionOf(byte[]? content) => content is null ? NoVersion : Version(content);

    private sealed record Seen(FileMark Mark, ConfigurationSnapshot Snapshot);
}
