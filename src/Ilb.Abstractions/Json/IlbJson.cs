using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ilb;

/// <summary>The JSON form of configurations, changes and the settings of a machine: UTF-8, with <c>"format": 1</c>; unknown members are refused.</summary>
/// <example><code>
/// byte[] file = IlbJson.Serialize(configuration);
/// Configuration same = IlbJson.DeserializeConfiguration(file);
/// </code></example>
public static partial class IlbJson
{
    /// <summary>The number of the format that this version reads and writes.</summary>
    public const int Format = 1;

    /// <summary>A configuration as JSON, indented, ending with a line feed.</summary>
    /// <param name="configuration">The configuration.</param>
    public static byte[] Serialize(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return [.. JsonSerializer.SerializeToUtf8Bytes(configuration, IlbJsonContext.Default.Configuration), (byte)'\n'];
    }

    /// <summary>The settings of a machine as JSON, indented, ending with a line feed.</summary>
    /// <param name="node">The settings.</param>
    public static byte[] Serialize(NodeSettings node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return [.. JsonSerializer.SerializeToUtf8Bytes(node, IlbJsonContext.Default.NodeSettings), (byte)'\n'];
    }

    /// <summary>Changes as JSON, indented, ending with a line feed.</summary>
    /// <param name="changes">The changes.</param>
    public static byte[] Serialize(IEnumerable<Change> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return [.. JsonSerializer.SerializeToUtf8Bytes(new ChangeList { Changes = changes.ToValueList() }, IlbJsonContext.Default.ChangeList), (byte)'\n'];
    }

    /// <summary>Verdicts of others as JSON, indented, ending with a line feed.</summary>
    /// <param name="verdicts">The verdicts.</param>
    public static byte[] Serialize(IEnumerable<OutsideVerdict> verdicts)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        return [.. JsonSerializer.SerializeToUtf8Bytes(new VerdictList { Verdicts = verdicts.ToValueList() }, IlbJsonContext.Default.VerdictList), (byte)'\n'];
    }

    /// <summary>Reads a configuration. Servers and rules that have no number yet get one.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>: it is no JSON, a member is unknown or missing, or a value is wrong; the errors say
    /// in which lines. <see cref="IlbErrorCode.ConfigurationNewer"/>: its format is newer than <see cref="Format"/>.</exception>
    public static Configuration DeserializeConfiguration(ReadOnlySpan<byte> json)
    {
        json = WithoutMark(json);
        var configuration = Read(json, IlbJsonContext.Default.Configuration);
        // As it stands, for numbering mends a counter that is out of range; it adds nothing that could be wrong.
        ThrowIfAny(configuration.Validate(), json);
        return configuration with { ServerGroups = configuration.ServerGroups.Map(static group => group.WithNumbers()), Rules = RuleNumbers.WithNumbers(configuration.Rules, []) };
    }

    /// <summary>Reads the settings of a machine.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/> or <see cref="IlbErrorCode.ConfigurationNewer"/>, as for a configuration.</exception>
    public static NodeSettings DeserializeNodeSettings(ReadOnlySpan<byte> json)
    {
        json = WithoutMark(json);
        var node = Read(json, IlbJsonContext.Default.NodeSettings);
        ThrowIfAny(node.Validate(), json);
        return node;
    }

    /// <summary>Reads changes.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/> or <see cref="IlbErrorCode.ConfigurationNewer"/>, as for a configuration.</exception>
    public static ValueList<Change> DeserializeChanges(ReadOnlySpan<byte> json) => Read(WithoutMark(json), IlbJsonContext.Default.ChangeList).Changes;

    /// <summary>Reads verdicts of others. Whether their values are right, <see cref="OutsideVerdict.Validate"/> tells, and <see cref="ILoadBalancer.JudgeAsync"/>.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/> or <see cref="IlbErrorCode.ConfigurationNewer"/>, as for a configuration.</exception>
    public static ValueList<OutsideVerdict> DeserializeVerdicts(ReadOnlySpan<byte> json) => Read(WithoutMark(json), IlbJsonContext.Default.VerdictList).Verdicts;

    // Some editors put a byte order mark before the text, which the reader of the base library refuses.
    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;

    private static void ThrowIfAny(ValueList<IlbError> errors, ReadOnlySpan<byte> json)
    {
        if (errors.Count == 0)
            return;
        var lines = JsonLines.Find(json);
        throw new IlbException(errors.Map(error => error with { Code = IlbErrorCode.ConfigurationDamaged, Line = lines.LineOf(error.Path) }));
    }

    private static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            // First, so that a newer file is told as newer and not as full of unknown members.
            CheckFormat(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Damaged(e, json);
        }

        return ReadObject(json, type);
    }

    private static T ReadObject<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("an object is expected");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw Damaged(e, json);
        }
    }

    private static IlbException Damaged(Exception e, ReadOnlySpan<byte> json) => e switch
    {
        JsonException damage => new IlbException([Damage(damage, json)], e),
        // The one cause in texts: a change without its kind.
        NotSupportedException => new IlbException(IlbErrorCode.ConfigurationDamaged, "the member 'change', which says the kind of a change, is missing", e),
        // A text that is no Unicode, in its bytes or by half an escape.
        _ => new IlbException(IlbErrorCode.ConfigurationDamaged, $"a text in it is not valid Unicode: {e.Message}", e),
    };

    private static void CheckFormat(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an object with the member \"format\" is expected", null, 0, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isFormat = reader.ValueTextEquals("format"u8);
            reader.Read();
            if (isFormat)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var format) || format < 1)
                {
                    var (line, column) = JsonLines.PlaceAt(json, reader.TokenStartIndex);
                    throw new JsonException($"the format is {Format} in this version", null, line, column + 1);
                }

                if (format > Format)
                    throw new IlbException(IlbErrorCode.ConfigurationNewer, string.Create(CultureInfo.InvariantCulture, $"it has format {format}, this version knows only {Format}: use a newer version"));
                return;
            }

            reader.Skip();
        }

        throw new JsonException("the member \"format\" is missing", null, 0, 0);
    }

    // The serializer appends its own form of place, which repeats what path and line say.
    private static IlbError Damage(JsonException e, ReadOnlySpan<byte> json)
    {
        var message = e.Message;
        var appended = message.IndexOf(" Path: $", StringComparison.Ordinal);
        if (appended < 0)
            appended = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        if (appended >= 0)
            message = message[..appended];
        // Texts of this library start in lower case, and may quote what the serializer's own words are recognized by.
        if (message.Length > 0 && !char.IsLower(message[0]))
            message = JsonWords.Of(message);
        var path = JsonLines.PathAt(json, e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
        return new IlbError
        {
            Code = IlbErrorCode.ConfigurationDamaged,
            Message = path.Length == 0 ? message : $"{path}: {message}",
            Path = path,
            Line = e.LineNumber is { } line ? (int)line + 1 : null,
        };
    }
}
