using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A health test: a text where it has no settings, else an object whose member <c>kind</c>, wherever it stands in it, says what the others may be.</summary>
internal sealed class HealthTestConverter : JsonConverter<HealthTest>
{
    public override HealthTest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            if (reader.TokenType == JsonTokenType.String)
                return ReadText(reader.GetString()!);
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("a health test is a text such as \"TCP\" or an object with the member \"kind\"");
            var text = KindOf(reader);
            var kind = HealthTestNames.Parse(text);
            JsonWords.CheckWritten(text, kind.ToText());
            return kind switch
            {
                HealthTestKind.Ping => Read<PingTest>(ref reader, options),
                HealthTestKind.Tcp => Read<TcpTest>(ref reader, options),
                HealthTestKind.Udp => Read<UdpTest>(ref reader, options),
                HealthTestKind.Sctp => Read<SctpTest>(ref reader, options),
                HealthTestKind.Http => Read<HttpTest>(ref reader, options),
                HealthTestKind.Https => Read<HttpsTest>(ref reader, options),
                HealthTestKind.Tls => Read<TlsTest>(ref reader, options),
                HealthTestKind.Dns => Read<DnsTest>(ref reader, options),
                HealthTestKind.Smtp => Read<SmtpTest>(ref reader, options),
                HealthTestKind.Grpc => Read<GrpcTest>(ref reader, options),
                HealthTestKind.Product => Read<ProductTest>(ref reader, options),
                _ => Read<ScriptTest>(ref reader, options),
            };
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, HealthTest value, JsonSerializerOptions options)
    {
        if (value is ScriptTest || value == HealthTestNames.WithoutSettings(value.Kind))
            writer.WriteStringValue(value.ToString());
        else
            JsonSerializer.Serialize(writer, value, options.GetTypeInfo(value.GetType()));
    }

    private static HealthTest ReadText(string text)
    {
        var test = HealthTestNames.ParseTest(text);
        JsonWords.CheckWritten(text, test.ToString());
        return test;
    }

    // By a copy of the reader, which stays where it is.
    private static string KindOf(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKind = reader.ValueTextEquals("kind"u8);
            reader.Read();
            if (isKind)
                return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("the kind of a health test is a text such as \"TCP\"");
            reader.Skip();
        }

        throw new JsonException("the member \"kind\" of the health test is missing");
    }

    // The converter itself, not the serializer: that would count lines from here on.
    private static T Read<T>(ref Utf8JsonReader reader, JsonSerializerOptions options)
        where T : HealthTest => ((JsonConverter<T>)options.GetTypeInfo(typeof(T)).Converter).Read(ref reader, typeof(T), options)!;
}
