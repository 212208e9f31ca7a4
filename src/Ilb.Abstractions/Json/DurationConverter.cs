using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A duration: a number of seconds where they are whole, else a text such as <c>"500ms"</c>.</summary>
internal class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt64(out var seconds) => seconds.ToString(CultureInfo.InvariantCulture),
            JsonTokenType.String => reader.GetString()!,
            _ => throw new JsonException("a duration is a whole number of seconds or a text such as \"500ms\""),
        };
        return Duration.TryParse(text, out var value) ? value : throw new JsonException(Duration.Fault(Quote.Of(text)));
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options)
    {
        if (value.Ticks % TimeSpan.TicksPerSecond == 0)
            writer.WriteNumberValue(value.Ticks / TimeSpan.TicksPerSecond);
        else
            writer.WriteStringValue(Duration.Format(value));
    }
}

/// <summary>A duration that cannot be 0.</summary>
internal sealed class PositiveDurationConverter : DurationConverter
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var value = base.Read(ref reader, typeToConvert, options);
        return value > TimeSpan.Zero ? value : throw new JsonException("a duration longer than 0 is expected");
    }
}

/// <summary>A duration that was measured: a number of seconds with what is below them, such as <c>0.000085</c>.</summary>
internal sealed class MeasuredDurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDecimal(out var seconds) && decimal.Abs(seconds) <= (decimal)Duration.Maximum.TotalSeconds
            ? new TimeSpan((long)(seconds * TimeSpan.TicksPerSecond))
            : throw new JsonException($"a time that was measured is a number of seconds, up to {Duration.Maximum.Days} days");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue((decimal)value.Ticks / TimeSpan.TicksPerSecond);
}
