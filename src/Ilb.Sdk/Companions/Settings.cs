using System.Globalization;

namespace Ilb;

/// <summary>Reads and writes settings of the network namespace. A path with <c>*</c> stands for all interfaces: its value is one text if all have the same, else <c>eth0=1,lo=0</c>.</summary>
internal static class Settings
{
    private const string Root = "/proc/sys/";

    /// <summary>The value; null if this kernel has no such setting.</summary>
    public static string? Read(string path)
    {
        if (!path.Contains('*', StringComparison.Ordinal))
            return ReadOne(path);
        var values = Each(path).Select(each => (each.Name, Value: ReadOne(each.Path))).Where(static each => each.Value is not null).ToArray();
        return values.Length == 0
            ? null
            : values.Select(static each => each.Value).Distinct().Count() == 1 ? values[0].Value : string.Join(',', values.Select(static each => $"{each.Name}={each.Value}"));
    }

    /// <summary>Sets it.</summary>
    /// <exception cref="IOException">The kernel refused, or has no such setting.</exception>
    /// <exception cref="UnauthorizedAccessException">Not permitted.</exception>
    public static void Write(string path, string value)
    {
        if (!path.Contains('*', StringComparison.Ordinal))
        {
            WriteOne(path, value);
            return;
        }

        var single = value.Split(',').Select(static pair => pair.Split('=')).Where(static pair => pair.Length == 2).ToDictionary(static pair => pair[0], static pair => pair[1]);
        foreach (var (name, each) in Each(path))
        {
            // An interface that has come since keeps what it has.
            if (single.Count == 0)
                WriteOne(each, value);
            else if (single.TryGetValue(name, out var own))
                WriteOne(each, own);
        }
    }

    private static IEnumerable<(string Name, string Path)> Each(string path)
    {
        var parts = path.Split("*", 2);
        var folder = Root + parts[0];
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(each => (Path.GetFileName(each), parts[0] + Path.GetFileName(each) + parts[1])).OrderBy(static each => each.Item1, StringComparer.Ordinal) : [];
    }

    private static string? ReadOne(string path)
    {
        try
        {
            return File.ReadAllText(Root + path).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void WriteOne(string path, string value)
    {
        // Neither made nor cut: it is no file.
        using var file = new FileStream(Root + path, FileMode.Open, FileAccess.Write);
        file.Write(System.Text.Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }
}
