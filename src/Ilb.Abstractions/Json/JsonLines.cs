using System.Globalization;
using System.Text.Json;

namespace Ilb;

/// <summary>In which line each member of a JSON text stands; made only where errors must be told.</summary>
internal sealed class JsonLines
{
    private readonly Dictionary<string, int> _lines = [];

    public static JsonLines Find(ReadOnlySpan<byte> json)
    {
        var lines = new JsonLines();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        var (line, seen) = (1, 0L);
        lines.Walk(ref reader, json, "", ref line, ref seen);
        return lines;
    }

    /// <summary>Line and byte in it of a place, both from 0.</summary>
    public static (long Line, long Column) PlaceAt(ReadOnlySpan<byte> json, long place)
    {
        var before = json[..(int)place];
        return (before.Count((byte)'\n'), place - (before.LastIndexOf((byte)'\n') + 1));
    }

    /// <summary>The path of the member that a place is in; the text need not be whole after it.</summary>
    /// <param name="json">The text.</param>
    /// <param name="line">The line, from 0.</param>
    /// <param name="column">The byte in the line, from 0.</param>
    public static string PathAt(ReadOnlySpan<byte> json, long line, long column)
    {
        var place = 0;
        for (; line > 0; line--)
            place += json[place..].IndexOf((byte)'\n') + 1;
        var end = place + column;
        var reader = new Utf8JsonReader(json);
        var path = new Stack<string>();
        try
        {
            while (reader.Read() && reader.TokenStartIndex < end)
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        path.Push($".{reader.GetString()}");
                        continue;
                    case JsonTokenType.StartObject:
                        path.Push("");
                        continue;
                    case JsonTokenType.StartArray:
                        path.Push("[0]");
                        continue;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        path.Pop();
                        break;
                }

                // A value has ended: its member's name goes, or the next element comes. The last one is what we are in.
                if (reader.BytesConsumed >= end || path.Count == 0)
                    break;
                if (path.Pop() is ['[', .. var digits])
                    path.Push($"[{int.Parse(digits.AsSpan(0, digits.Length - 1), CultureInfo.InvariantCulture) + 1}]");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The damage itself, or a name that is no Unicode: what was read so far says where it is.
        }

        return string.Concat(path.Reverse()).TrimStart('.');
    }

    /// <summary>The line of a path, or of the nearest member around it that the text has.</summary>
    public int? LineOf(string path)
    {
        while (!_lines.ContainsKey(path))
        {
            var end = path.LastIndexOfAny(['.', '[']);
            if (end <= 0)
                return null;
            path = path[..end];
        }

        return _lines[path];
    }

    private void Walk(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string path, ref int line, ref long seen)
    {
        line += json[(int)seen..(int)reader.TokenStartIndex].Count((byte)'\n');
        seen = reader.TokenStartIndex;
        _lines.TryAdd(path, line);
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                Walk(ref reader, json, path.Length == 0 ? name! : $"{path}.{name}", ref line, ref seen);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                Walk(ref reader, json, $"{path}[{i}]", ref line, ref seen);
        }
    }
}
