using System.Globalization;
using System.Text.Json;

namespace Ilb;

/// <summary>The file of a machine's settings, <c>node.json</c> beside the configuration: made by hand or by a package, and only read here.</summary>
/// <example><code>
/// var node = NodeSettingsFile.Load(NodeSettingsFile.PathBeside("/var/lib/ilb/ilb.json"));
/// balancer.AuditInterval = node.AuditInterval;
/// </code></example>
public static class NodeSettingsFile
{
    private const int MaximumLength = 1 << 20;

    private static readonly (string Member, Func<NodeSettings, bool> IsUsed)[] Later =
    [
        ("failoverGroups", static node => node.FailoverGroups.Count > 0),
        ("sync", static node => node.Sync is not null),
        ("statusPage", static node => node.StatusPage is not null),
    ];

    /// <summary>The file that belongs to a configuration: <c>node.json</c> in its folder.</summary>
    /// <param name="configurationPath">The configuration's file.</param>
    public static string PathBeside(string configurationPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(configurationPath);
        return Path.Combine(Path.GetDirectoryName(Path.GetFullPath(configurationPath))!, "node.json");
    }

    /// <summary>Reads the settings; where there is no file, they have their defaults.</summary>
    /// <param name="path">The file, up to 1 MB.</param>
    /// <exception cref="IlbException">All that is wrong, with file and line. <see cref="IlbErrorCode.ConfigurationUnreadable"/>: it cannot be read. <see cref="IlbErrorCode.ConfigurationDamaged"/> or
    /// <see cref="IlbErrorCode.ConfigurationNewer"/>: it cannot be understood. <see cref="IlbErrorCode.NotSupported"/>: a setting whose feature this version does not have.</exception>
    public static NodeSettings Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[]? content;
        try
        {
            content = LinuxCalls.ReadRegularFile(path, MaximumLength);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.ConfigurationUnreadable, $"cannot read {path}: {LinuxCalls.Reason(e)}", e);
        }

        if (content is null)
            return new NodeSettings();
        NodeSettings node;
        try
        {
            node = IlbJson.DeserializeNodeSettings(content);
        }
        catch (IlbException e)
        {
            throw new IlbException(e.Errors.Select(error => error with { Message = $"{Place(path, error.Line)}: {error.Message}" }).ToValueList(), e);
        }

        var errors = Later.Where(later => later.IsUsed(node)).Select(later => Unsupported(path, later.Member, LineOf(later.Member, content))).ToValueList();
        return errors.Count == 0 ? node : throw new IlbException(errors);
    }

    private static IlbError Unsupported(string path, string member, int? line) => new()
    {
        Code = IlbErrorCode.NotSupported,
        Message = $"{Place(path, line)}: {member}: this setting is not supported by this version",
        Path = member,
        Line = line,
    };

    private static string Place(string path, int? line) => line is null ? path : string.Create(CultureInfo.InvariantCulture, $"{path}:{line}");

    private static int? LineOf(string member, ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(member))
                return json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
        }

        return null;
    }
}
