using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A value that is a number in JSON where its text is one, else a text.</summary>
internal abstract class NumberOrTextConverter<T> : JsonConverter<T>
    where T : IParsable<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
            JsonTokenType.String => reader.GetString()!,
            _ => throw new JsonException("a whole number or a text is expected"),
        };
        try
        {
            var value = T.Parse(text, CultureInfo.InvariantCulture);
            JsonWords.CheckWritten(text, value.ToString()!);
            return value;
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var text = value.ToString()!;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(text);
    }
}

internal sealed class HealthPortConverter : NumberOrTextConverter<HealthPort>;

internal sealed class HttpStatusRangeConverter : NumberOrTextConverter<HttpStatusRange>;

internal sealed class QuorumConverter : NumberOrTextConverter<Quorum>;
