using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Bits of a packet mark: a text such as <c>"0xffff0000"</c>, as nftables prints them; a number is read too.</summary>
internal sealed class MarkBitsConverter : JsonConverter<uint>
{
    public override uint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt32(out var bits))
            return bits;
        if (reader.TokenType == JsonTokenType.String && reader.GetString() is ['0', 'x', .. { Length: <= 8 } digits]
            && uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits))
        {
            return bits;
        }

        throw new JsonException("bits of a mark are a number of 0-4294967295 or a text such as \"0xffff0000\"");
    }

    public override void Write(Utf8JsonWriter writer, uint value, JsonSerializerOptions options) => writer.WriteStringValue($"0x{value:x8}");
}
