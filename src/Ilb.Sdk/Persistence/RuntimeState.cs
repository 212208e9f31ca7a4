using System.Text;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// What an instance remembers of its kernel, as long as the kernel itself does: a log of lines on a tmpfs, rewritten whole when most of it is outdated.
/// <c>intend KEY</c> is written before a service is put into the kernel, <c>own KEY</c> once it is there, <c>disown KEY</c> after it is gone; <c>settled VERSION</c> says that the kernel was left
/// with all that this version of the configuration asks for, <c>unsettled</c> that somebody has started to change it; <c>configuration SOURCE</c> which one that is; <c>namespace ID</c> to whose life all of that belongs;
/// <c>keep OBJECT</c> is something beside the services that is ours, after a tab what was there before it, <c>release OBJECT</c> that it is not any more;
/// what is of a rule besides its configuration stands in lines of <see cref="RuntimeNotes"/>.
/// </summary>
/// <remarks>Its loss is survivable: services that are as wanted are adopted, others are a clash. A line that makes no sense only means that the kernel must be looked at.</remarks>
internal sealed class RuntimeState
{
    private const string Header = "format 1";
    private const int OutdatedAllowed = 256;
    private const int MaximumLength = 64 << 20;

    private readonly string _path;
    private readonly string _life;
    private readonly HashSet<IpvsServiceKey> _owned = [];
    private readonly HashSet<IpvsServiceKey> _intended = [];
    private readonly Dictionary<string, string> _kept = [];
    private readonly StringBuilder _unwritten = new();
    private readonly HashSet<string> _unnoted = [];
    private int _lines;
    private bool _whole;
    private FileMark? _mark;

    private RuntimeState(string path, string life)
    {
        _path = path;
        _life = life;
    }

    /// <summary>The services that are ours.</summary>
    public IReadOnlySet<IpvsServiceKey> Owned => _owned;

    /// <summary>The version of the configuration that the kernel was left with, or null.</summary>
    public string? SettledVersion { get; private set; }

    /// <summary>Whether there was nothing to remember by: services that are as the configuration asks may be ours.</summary>
    public bool IsLost { get; private set; } = true;

    /// <summary>Whether the file is as it was read or written last.</summary>
    public bool IsCurrent => MarkOf(_path) == _mark;

    /// <summary>Where the configuration is that the kernel holds; null if nothing says.</summary>
    public string? Source { get; private set; }

    /// <summary>What is of the rules besides their configuration.</summary>
    public Runtime Runtime { get; private set; } = Runtime.None;

    /// <summary>What is ours beside the services, by id, with what was there before it.</summary>
    public IReadOnlyDictionary<string, string> Kept => _kept;

    /// <summary>Reads the state; an unreadable one is as good as none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="life">The life of the kernel's network namespace, see <see cref="NetworkNamespaceLife"/>: what is remembered of another is forgotten.</param>
    public static RuntimeState Load(string path, string life)
    {
        var state = new RuntimeState(path, life);
        state._mark = MarkOf(path);
        try
        {
            if (LinuxCalls.ReadRegularFile(path, MaximumLength) is { } content)
                state.Replay(Encoding.UTF8.GetString(content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            state.SettledVersion = null;
        }

        return state;
    }

    /// <summary>
    /// Decides about services that were to be put into the kernel by a process that did not come to its end: the kernel changes only after the configuration is saved,
    /// so they are ours if the configuration asks for them, and were never made if not.
    /// </summary>
    /// <param name="isOurs">Whether the configuration asks for a service, or nobody else may have it: of hidden ones the configuration says nothing.</param>
    public void Recall(Func<IpvsServiceKey, bool> isOurs)
    {
        foreach (var key in _intended)
        {
            var isOwn = isOurs(key);
            if (isOwn)
                _owned.Add(key);
            _unwritten.Append(isOwn ? "own " : "disown ").Append(ServiceKeyText.Format(key)).Append('\n');
        }

        _intended.Clear();
    }

    /// <summary>Notes that the kernel is about to change, and which services of it are to be ours.</summary>
    /// <param name="intended">The services.</param>
    /// <param name="source">Where the configuration is.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.SaveFailed"/>: nothing was noted.</exception>
    public void Begin(IEnumerable<IpvsServiceKey> intended, string source)
    {
        var lines = new StringBuilder();
        var added = intended.Where(key => !_owned.Contains(key)).ToArray();
        var isFirst = source != Source && (_owned.Count > 0 || added.Length > 0);
        if (isFirst)
            lines.Append("configuration ").Append(source).Append('\n');
        if (SettledVersion is not null || added.Length > 0)
            lines.Append("unsettled\n");
        foreach (var key in added)
            lines.Append("intend ").Append(ServiceKeyText.Format(key)).Append('\n');
        Write(lines);
        SettledVersion = null;
        if (isFirst)
            Source = source;
        _intended.UnionWith(added);
    }

    /// <summary>Notes what is of the rules besides.</summary>
    /// <param name="runtime">All of it.</param>
    /// <param name="rules">The rules of which something may be new.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.SaveFailed"/>: nothing was noted.</exception>
    public void Note(Runtime runtime, IEnumerable<string> rules)
    {
        if (ReferenceEquals(runtime, Runtime))
            return;
        // With those of which something could not be written before.
        _unnoted.UnionWith(rules);
        var lines = new StringBuilder();
        foreach (var rule in _unnoted)
            RuntimeNotes.Append(lines, rule, Runtime.Of(rule), runtime.Of(rule));
        LeavingNotes.Append(lines, Runtime.Leaving, runtime.Leaving);
        Write(lines);
        _unnoted.Clear();
        Runtime = runtime;
    }

    /// <summary>Notes what is not asked for any more, but still has connections.</summary>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.SaveFailed"/>: nothing was noted.</exception>
    public void Note(Leaving leaving)
    {
        if (ReferenceEquals(leaving, Runtime.Leaving))
            return;
        var lines = new StringBuilder();
        LeavingNotes.Append(lines, Runtime.Leaving, leaving);
        Write(lines);
        Runtime = Runtime.With(leaving);
    }

    /// <summary>Notes what is to be ours beside the services, before it can be in the kernel.</summary>
    /// <param name="kept">Ids, each with what was there before.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.SaveFailed"/>: nothing was noted.</exception>
    public void Keep(IEnumerable<(string Id, string Value)> kept)
    {
        var added = kept.Where(pair => !_kept.TryGetValue(pair.Id, out var value) || value != pair.Value).ToArray();
        var lines = new StringBuilder();
        foreach (var (id, value) in added)
            AppendKept(lines, id, value);
        Write(lines);
        foreach (var (id, value) in added)
            _kept[id] = value;
    }

    /// <summary>Notes what is not ours any more beside the services.</summary>
    public void Release(IEnumerable<string> ids)
    {
        var lines = new StringBuilder();
        foreach (var id in ids)
        {
            if (_kept.Remove(id))
                lines.Append("release ").Append(id).Append('\n');
        }

        Write(lines);
    }

    /// <summary>Notes that all that was intended is ours now but for what is named, and the version that the kernel holds now; null if it does not hold all of it.</summary>
    public void End(IEnumerable<IpvsServiceKey> disowned, string? settledVersion)
    {
        var lines = new StringBuilder();
        foreach (var key in disowned)
        {
            if (_owned.Remove(key) | _intended.Remove(key))
                lines.Append("disown ").Append(ServiceKeyText.Format(key)).Append('\n');
        }

        foreach (var key in _intended)
            lines.Append("own ").Append(ServiceKeyText.Format(key)).Append('\n');
        if (settledVersion is not null && settledVersion != SettledVersion)
            lines.Append("settled ").Append(settledVersion).Append('\n');
        _owned.UnionWith(_intended);
        _intended.Clear();
        SettledVersion = settledVersion;
        Write(lines);
    }

    private void Replay(string text)
    {
        // A file of one unfinished line is as good as none.
        if (!text.Contains('\n', StringComparison.Ordinal))
            return;
        var lines = text.Split('\n');
        // The last line is empty, or one that was being written when its writer was killed.
        _whole = lines is [Header, .., ""];
        if (lines is not [Header, var life, ..] || life != $"namespace {_life}")
        {
            _whole = false;
            return;
        }

        IsLost = false;
        foreach (var line in lines[2..^1])
        {
            _lines++;
            switch (line.Split(' '))
            {
                case ["intend", .. var words] when ServiceKeyText.TryParse(words, out var key):
                    _intended.Add(key);
                    break;
                case ["own", .. var words] when ServiceKeyText.TryParse(words, out var key):
                    _intended.Remove(key);
                    _owned.Add(key);
                    break;
                case ["disown", .. var words] when ServiceKeyText.TryParse(words, out var key):
                    _intended.Remove(key);
                    _owned.Remove(key);
                    break;
                case ["settled", var version]:
                    SettledVersion = version;
                    break;
                case ["configuration", ..] when line.Length > "configuration ".Length:
                    Source = line["configuration ".Length..];
                    break;
                case ["keep", _, ..]:
                    var kept = line["keep ".Length..].Split('\t', 2);
                    _kept[kept[0]] = kept.Length > 1 ? kept[1] : "";
                    break;
                case ["release", _, ..]:
                    _kept.Remove(line["release ".Length..]);
                    break;
                case ["unsettled"]:
                    SettledVersion = null;
                    break;
                default:
                    if ((LeavingNotes.TryRead(line, Runtime) ?? RuntimeNotes.TryRead(line, Runtime)) is { } runtime)
                        Runtime = runtime;
                    else
                        _whole = false;
                    break;
            }
        }

        if (!_whole)
            SettledVersion = null;
    }

    private static void AppendKept(StringBuilder lines, string id, string value)
    {
        lines.Append("keep ").Append(id);
        if (value.Length > 0)
            lines.Append('\t').Append(value);
        lines.Append('\n');
    }

    private static FileMark? MarkOf(string path)
    {
        try
        {
            return LinuxCalls.Mark(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(StringBuilder lines)
    {
        lines.Insert(0, _unwritten);
        if (lines.Length == 0)
            return;
        try
        {
            new LinuxFileSystem().MakeFolder(Path.GetDirectoryName(Path.GetFullPath(_path))!);
            if (!_whole || _lines > (2 * (_owned.Count + Runtime.Count + _kept.Count)) + OutdatedAllowed)
                Rewrite(lines);
            else
                Append(lines);
            _unwritten.Clear();
            _mark = MarkOf(_path);
            IsLost = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot write {_path}: {LinuxCalls.Reason(e)}", e);
        }
    }

    private void Append(StringBuilder lines)
    {
        var bytes = Encoding.UTF8.GetBytes(lines.ToString());
        using var file = LinuxCalls.OpenWritten(_path);
        RandomAccess.Write(file, bytes, RandomAccess.GetLength(file));
        _lines += bytes.AsSpan().Count((byte)'\n');
    }

    // What is known so far and what is new, in the file's place at once: a file that says less than was known before is worse than none.
    // It needs no fsync, for the kernel's state does not outlive the power either.
    private void Rewrite(StringBuilder lines)
    {
        var text = new StringBuilder(Header).Append("\nnamespace ").Append(_life).Append('\n');
        foreach (var key in _intended)
            text.Append("intend ").Append(ServiceKeyText.Format(key)).Append('\n');
        foreach (var key in _owned)
            text.Append("own ").Append(ServiceKeyText.Format(key)).Append('\n');
        if (Source is not null)
            text.Append("configuration ").Append(Source).Append('\n');
        if (SettledVersion is not null)
            text.Append("settled ").Append(SettledVersion).Append('\n');
        foreach (var (id, value) in _kept)
            AppendKept(text, id, value);
        foreach (var rule in Runtime.Rules)
            RuntimeNotes.Append(text, rule, RuleRuntime.None, Runtime.Of(rule));
        LeavingNotes.Append(text, Leaving.Nothing, Runtime.Leaving);
        text.Append(lines);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        var temporary = $"{_path}.new";
        // CreateNew follows no link that somebody laid there.
        File.Delete(temporary);
        using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            LinuxCalls.GiveToFolder(file, temporary);
            // Whatever the umask is: who may write here decides what is taken out of the kernel.
            LinuxCalls.SetMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, temporary);
            RandomAccess.Write(file, bytes, 0);
        }

        File.Move(temporary, _path, overwrite: true);
        _lines = bytes.AsSpan().Count((byte)'\n');
        _whole = true;
    }
}
