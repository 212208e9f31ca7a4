using System.Text;
using System.Text.Json;

namespace Ilb;

/// <summary>
/// What is not asked for any more but still has connections, in lines of the runtime state: <c>leaving SERVICE</c>, a tab, and the rule as it was and the servers as JSON, each with its own rule where that is another;
/// <c>no-leaving SERVICE</c> when that is over. Times are milliseconds since 1970.
/// </summary>
internal static class LeavingNotes
{
    private const string Begin = "leaving ";
    private const string End = "no-leaving ";

    /// <summary>Adds the lines that lead from one to another.</summary>
    public static void Append(StringBuilder lines, Leaving before, Leaving after)
    {
        if (ReferenceEquals(before, after))
            return;
        foreach (var key in before.Keys.Where(key => after.Find(key) is null))
            lines.Append(End).Append(ServiceKeyText.Format(key)).Append('\n');
        foreach (var key in after.Keys.Where(key => !ReferenceEquals(before.Find(key), after.Find(key))))
            lines.Append(Begin).Append(ServiceKeyText.Format(key)).Append('\t').Append(Write(after.Find(key)!)).Append('\n');
    }

    /// <summary>What a line leads to; null if it makes no sense, or is about something else.</summary>
    public static Runtime? TryRead(string line, Runtime runtime)
    {
        if (line.StartsWith(End, StringComparison.Ordinal) && ServiceKeyText.TryParse(line[End.Length..].Split(' '), out var ended))
            return runtime.With(runtime.Leaving.With(ended, null));
        if (!line.StartsWith(Begin, StringComparison.Ordinal) || line[Begin.Length..].Split('\t', 2) is not [var words, var json] || !ServiceKeyText.TryParse(words.Split(' '), out var key))
            return null;
        try
        {
            return runtime.With(runtime.Leaving.With(key, Read(json)));
        }
        catch (Exception e) when (e is JsonException or IlbException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static string Write(LeavingService service)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("whole", service.IsWhole);
            WriteObject(writer, "rule", IlbJson.Serialize(service.Rule));
            writer.WriteStartArray("servers");
            foreach (var leaver in service.Leavers)
            {
                writer.WriteStartObject();
                // A server stands in a configuration only within its group.
                WriteObject(writer, "group", IlbJson.Serialize(new ServerGroup { Name = leaver.Id.ServerGroup, Servers = [leaver.Server] }));
                if (leaver.Rule != service.Rule)
                    WriteObject(writer, "rule", IlbJson.Serialize(leaver.Rule));
                writer.WriteNumber("port", leaver.Port);
                writer.WriteNumber("since", leaver.Since.ToUnixTimeMilliseconds());
                if (leaver.Deadline is { } deadline)
                    writer.WriteNumber("deadline", deadline.ToUnixTimeMilliseconds());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static LeavingService Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var rule = IlbJson.DeserializeRule(Bytes(root.GetProperty("rule")));
        return new LeavingService
        {
            Rule = rule,
            IsWhole = root.GetProperty("whole").GetBoolean(),
            Leavers = root.GetProperty("servers").EnumerateArray().Select(element => Leaver(element, rule)).ToValueList(),
        };
    }

    private static Leaver Leaver(JsonElement element, Rule rule)
    {
        var group = IlbJson.DeserializeServerGroup(Bytes(element.GetProperty("group")));
        var server = group.Servers.Single();
        if (server.Address is null)
            throw new FormatException("the server has no address");
        return new Leaver
        {
            Rule = element.TryGetProperty("rule", out var own) ? IlbJson.DeserializeRule(Bytes(own)) : rule,
            Id = group.IdOf(server),
            Server = server,
            Port = element.GetProperty("port").GetUInt16(),
            Since = DateTimeOffset.FromUnixTimeMilliseconds(element.GetProperty("since").GetInt64()),
            Deadline = element.TryGetProperty("deadline", out var deadline) ? DateTimeOffset.FromUnixTimeMilliseconds(deadline.GetInt64()) : null,
        };
    }

    private static void WriteObject(Utf8JsonWriter writer, string name, byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        writer.WritePropertyName(name);
        document.RootElement.WriteTo(writer);
    }

    private static byte[] Bytes(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());
}
