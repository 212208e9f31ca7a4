using System.Text;
using System.Text.Json;

namespace Ilb.Cli.Output;

/// <summary>JSON for show commands whose lines are no objects of the configuration.</summary>
internal static class JsonText
{
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
