using System.Text;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// What an instance remembers of its kernel, as long as the kernel itself does: a log of lines on a tmpfs, rewritten whole when most of it is outdated.
/// <c>own KEY</c> is written before a service is put into the kernel, <c>disown KEY</c> after it is gone; <c>settled VERSION</c> says that the kernel was left
/// with all that this version of the configuration asks for, <c>unsettled</c> that somebody has started to change it; <c>configuration SOURCE</c> which one that is.
/// </summary>
/// <remarks>Its loss is survivable: services that are as wanted are adopted, others are a clash. A line that makes no sense only means that the kernel must be looked at.</remarks>
internal sealed class RuntimeState
{
    private const string Header = "format 1";
    private const int OutdatedAllowed = 256;

    private readonly string _path;
    private readonly HashSet<IpvsServiceKey> _owned = [];
    private int _lines;
    private bool _whole;

    private RuntimeState(string path) => _path = path;

    /// <summary>The services that are ours.</summary>
    public IReadOnlySet<IpvsServiceKey> Owned => _owned;

    /// <summary>The version of the configuration that the kernel was left with, or null.</summary>
    public string? SettledVersion { get; private set; }

    /// <summary>Where the configuration is that the kernel holds; null if nothing says.</summary>
    public string? Source { get; private set; }

    /// <summary>Reads the state; an unreadable one is as good as none.</summary>
    public static RuntimeState Load(string path)
    {
        var state = new RuntimeState(path);
        try
        {
            if (File.Exists(path))
                state.Replay(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            state.SettledVersion = null;
        }

        return state;
    }

    /// <summary>Notes that the kernel is about to change, and which services of it are ours from now on.</summary>
    /// <param name="owned">The services.</param>
    /// <param name="source">Where the configuration is.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.SaveFailed"/>: nothing was noted.</exception>
    public void Begin(IEnumerable<IpvsServiceKey> owned, string source)
    {
        var lines = new StringBuilder();
        var added = owned.Where(key => !_owned.Contains(key)).ToArray();
        var isFirst = source != Source && (_owned.Count > 0 || added.Length > 0);
        if (isFirst)
            lines.Append("configuration ").Append(source).Append('\n');
        if (SettledVersion is not null || added.Length > 0)
            lines.Append("unsettled\n");
        foreach (var key in added)
            lines.Append("own ").Append(ServiceKeyText.Format(key)).Append('\n');
        Write(lines);
        SettledVersion = null;
        if (isFirst)
            Source = source;
        _owned.UnionWith(added);
    }

    /// <summary>Notes which services are gone, and the version that the kernel holds now; null if it does not hold all of it.</summary>
    public void End(IEnumerable<IpvsServiceKey> disowned, string? settledVersion)
    {
        var lines = new StringBuilder();
        foreach (var key in disowned)
        {
            if (_owned.Remove(key))
                lines.Append("disown ").Append(ServiceKeyText.Format(key)).Append('\n');
        }

        if (settledVersion is not null && settledVersion != SettledVersion)
            lines.Append("settled ").Append(settledVersion).Append('\n');
        Write(lines);
        SettledVersion = settledVersion;
    }

    private void Replay(string text)
    {
        // A file of one unfinished line is as good as none.
        if (!text.Contains('\n', StringComparison.Ordinal))
            return;
        var lines = text.Split('\n');
        // The last line is empty, or one that was being written when its writer was killed.
        _whole = lines is [Header, .., ""];
        if (lines[0] != Header)
            return;
        foreach (var line in lines[1..^1])
        {
            _lines++;
            switch (line.Split(' '))
            {
                case ["own", .. var words] when ServiceKeyText.TryParse(words, out var key):
                    _owned.Add(key);
                    break;
                case ["disown", .. var words] when ServiceKeyText.TryParse(words, out var key):
                    _owned.Remove(key);
                    break;
                case ["settled", var version]:
                    SettledVersion = version;
                    break;
                case ["configuration", ..] when line.Length > "configuration ".Length:
                    Source = line["configuration ".Length..];
                    break;
                case ["unsettled"]:
                    SettledVersion = null;
                    break;
                default:
                    _whole = false;
                    break;
            }
        }

        if (!_whole)
            SettledVersion = null;
    }

    private void Write(StringBuilder lines)
    {
        if (lines.Length == 0)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var rewrite = !_whole || _lines > (2 * _owned.Count) + OutdatedAllowed;
            if (rewrite)
                Rewrite();
            var bytes = Encoding.UTF8.GetBytes(lines.ToString());
            using var file = File.OpenHandle(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, bytes, RandomAccess.GetLength(file));
            _lines += bytes.AsSpan().Count((byte)'\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot write {_path}: {e.Message}", e);
        }
    }

    // What is known so far, in the file's place at once; it needs no fsync, for the kernel's state does not outlive the power either.
    private void Rewrite()
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var key in _owned)
            text.Append("own ").Append(ServiceKeyText.Format(key)).Append('\n');
        if (Source is not null)
            text.Append("configuration ").Append(Source).Append('\n');
        if (SettledVersion is not null)
            text.Append("settled ").Append(SettledVersion).Append('\n');
        var temporary = $"{_path}.new";
        File.WriteAllText(temporary, text.ToString());
        File.Move(temporary, _path, overwrite: true);
        _lines = _owned.Count + 2;
        _whole = true;
    }
}
