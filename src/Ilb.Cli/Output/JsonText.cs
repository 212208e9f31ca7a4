using System.Text;
using System.Text.Json;

namespace Ilb.Cli.Output;

/// <summary>The JSON of show commands.</summary>
internal static class JsonText
{
    /// <summary>Objects of the configuration, as they stand in its file.</summary>
    public static string Write(Configuration part) => Encoding.UTF8.GetString(IlbJson.Serialize(part));

    /// <summary>An object with the format's number and what is written into it.</summary>
    public static string Write(Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", IlbJson.Format);
            content(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
