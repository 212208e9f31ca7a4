using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ilb;

/// <summary>
/// Writes configurations as <see cref="IlbJson.Serialize(Configuration)"/> does, one after another: of each it formats only the objects that were not in those before. For a store of its own that saves often;
/// it keeps the text in memory. One thread at a time may use it.
/// </summary>
/// <example><code>
/// var writer = new ConfigurationWriter();
/// file.Write(writer.Serialize(configuration).Span);
/// </code></example>
public sealed class ConfigurationWriter
{
    // Texts of objects that are gone may stay, up to as many as there are of the others and so many more.
    private const int OutdatedAllowed = 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new();

    // Used again: fresh megabytes for each text cost more, in pages that the kernel clears, than to fill them.
    private byte[] _whole = [];

    // By reference: an object never changes, and to compare its value costs more than to format it.
    private Dictionary<object, byte[]> _texts = new(ReferenceEqualityComparer.Instance);

    /// <summary>A configuration as JSON, indented, ending with a line feed. What is returned is good until the next call.</summary>
    /// <param name="configuration">The configuration.</param>
    public ReadOnlyMemory<byte> Serialize(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        using var json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Indented = true, Encoder = IlbJsonContext.Default.Options.Encoder });
        List<byte[]>[] lists =
        [
            Texts(configuration.ServerGroups, IlbJsonContext.Default.ServerGroup, json),
            Texts(configuration.HealthChecks, IlbJsonContext.Default.HealthCheck, json),
            Texts(configuration.Rules, IlbJsonContext.Default.Rule, json),
            Texts(configuration.FailoverGroups, IlbJsonContext.Default.FailoverGroup, json),
        ];
        Forget(configuration, lists);
        ReadOnlySpan<byte> frame = IlbJson.Serialize(configuration with { ServerGroups = [], HealthChecks = [], Rules = [], FailoverGroups = [] });
        var length = frame.Length + lists.Sum(static list => list.Count == 0 ? 0 : list.Sum(static text => text.Length + 1) - 1 + "\n  "u8.Length);
        if (_whole.Length < length || _whole.Length / 4 > length)
            _whole = GC.AllocateUninitializedArray<byte>(length + (length / 8));
        var rest = _whole.AsSpan(0, length);
        foreach (var list in lists)
        {
            // The lists are the frame's only ones, and empty there; no text in it has a quote that is not escaped.
            var start = frame.IndexOf("\": []"u8) + "\": ["u8.Length;
            Put(frame[..start], ref rest);
            frame = frame[start..];
            for (var i = 0; i < list.Count; i++)
            {
                if (i > 0)
                    Put(","u8, ref rest);
                Put(list[i], ref rest);
            }

            if (list.Count > 0)
                Put("\n  "u8, ref rest);
        }

        Put(frame, ref rest);
        return _whole.AsMemory(0, length);
    }

    private static void Put(ReadOnlySpan<byte> text, ref Span<byte> rest)
    {
        text.CopyTo(rest);
        rest = rest[text.Length..];
    }

    private List<byte[]> Texts<T>(ValueList<T> items, JsonTypeInfo<T> type, Utf8JsonWriter json)
        where T : class
    {
        var texts = new List<byte[]>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            ref var text = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, items[i], out _);
            text ??= Format(items[i], type, json);
            texts.Add(text);
        }

        return texts;
    }

    private byte[] Format<T>(T item, JsonTypeInfo<T> type, Utf8JsonWriter json)
    {
        _buffer.ResetWrittenCount();
        json.Reset();
        // So that it is indented as in a configuration.
        json.WriteStartObject();
        json.WriteStartArray("");
        json.Flush();
        var start = _buffer.WrittenCount;
        JsonSerializer.Serialize(json, item, type);
        json.Flush();
        return _buffer.WrittenSpan[start..].ToArray();
    }

    private void Forget(Configuration configuration, List<byte[]>[] lists)
    {
        var count = lists.Sum(static list => list.Count);
        if (_texts.Count <= (2 * count) + OutdatedAllowed)
            return;
        IEnumerable<object> items = [.. configuration.ServerGroups, .. configuration.HealthChecks, .. configuration.Rules, .. configuration.FailoverGroups];
        _texts = items.Distinct(ReferenceEqualityComparer.Instance).OfType<object>().ToDictionary(static item => item, item => _texts[item], ReferenceEqualityComparer.Instance);
    }
}
