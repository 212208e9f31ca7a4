using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A value that is a text in JSON.</summary>
internal abstract class TextConverter<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException("a text is expected");
        try
        {
            return Parse(reader.GetString()!);
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));

    protected abstract T Parse(string text);

    protected virtual string Format(T value) => value!.ToString()!;
}

/// <summary>A word of an enumeration.</summary>
internal abstract class WordConverter<T> : TextConverter<T>
{
    protected sealed override T Parse(string text)
    {
        var value = ParseWord(text);
        JsonWords.CheckWritten(text, Format(value));
        return value;
    }

    protected abstract T ParseWord(string text);
}

internal sealed class AddressConverter : TextConverter<IPAddress>
{
    protected override IPAddress Parse(string text) => NumericAddress.Parse(text);
}

internal sealed class ProtocolConverter : WordConverter<Protocol>
{
    protected override Protocol ParseWord(string text) => ProtocolNames.Parse(text);

    protected override string Format(Protocol value) => value.ToText();
}

internal sealed class TopologyConverter : WordConverter<Topology>
{
    protected override Topology ParseWord(string text) => TopologyNames.Parse(text);

    protected override string Format(Topology value) => value.ToText();
}

internal sealed class AlgorithmConverter : WordConverter<Algorithm>
{
    protected override Algorithm ParseWord(string text) => AlgorithmNames.Parse(text);

    protected override string Format(Algorithm value) => value.ToText();
}

internal sealed class HealthTestKindConverter : WordConverter<HealthTestKind>
{
    protected override HealthTestKind ParseWord(string text) => HealthTestNames.Parse(text);

    protected override string Format(HealthTestKind value) => value.ToText();
}

internal sealed class DeadActionConverter : WordConverter<DeadAction>
{
    protected override DeadAction ParseWord(string text) => DeadActionNames.Parse(text);

    protected override string Format(DeadAction value) => value.ToText();
}

internal sealed class StartStateConverter : WordConverter<StartState>
{
    protected override StartState ParseWord(string text) => StartStateNames.Parse(text);

    protected override string Format(StartState value) => value.ToText();
}

internal sealed class PercentageConverter : TextConverter<Percentage>
{
    protected override Percentage Parse(string text) => Percentage.Parse(text);
}

internal sealed class PersistenceEngineConverter : WordConverter<PersistenceEngine>
{
    protected override PersistenceEngine ParseWord(string text) => PersistenceEngineNames.Parse(text);

    protected override string Format(PersistenceEngine value) => value.ToText();
}

internal sealed class DisabledTrafficConverter : WordConverter<DisabledTraffic>
{
    protected override DisabledTraffic ParseWord(string text) => DisabledTrafficNames.Parse(text);

    protected override string Format(DisabledTraffic value) => value.ToText();
}

internal sealed class IpFamilyConverter : WordConverter<IpFamily>
{
    protected override IpFamily ParseWord(string text) => IpFamilyNames.Parse(text);

    protected override string Format(IpFamily value) => value.ToText();
}

internal sealed class TunnelKindConverter : WordConverter<TunnelKind>
{
    protected override TunnelKind ParseWord(string text) => TunnelKindNames.Parse(text);

    protected override string Format(TunnelKind value) => value.ToText();
}

internal sealed class TunnelChecksumConverter : WordConverter<TunnelChecksum>
{
    protected override TunnelChecksum ParseWord(string text) => TunnelChecksumNames.Parse(text);

    protected override string Format(TunnelChecksum value) => value.ToText();
}

internal sealed class AddressSpanConverter : TextConverter<AddressSpan>
{
    protected override AddressSpan Parse(string text) => AddressSpan.Parse(text);
}

internal sealed class AccessRightConverter : WordConverter<AccessRight>
{
    protected override AccessRight ParseWord(string text) => AccessRightNames.Parse(text);

    protected override string Format(AccessRight value) => value.ToText();
}

internal sealed class ServerHealthConverter : WordConverter<ServerHealth>
{
    protected override ServerHealth ParseWord(string text) => ServerHealthNames.Parse(text);

    protected override string Format(ServerHealth value) => value.ToText();
}

internal sealed class VirtualAddressConverter : TextConverter<VirtualAddress>
{
    protected override VirtualAddress Parse(string text) => VirtualAddress.Parse(text);
}

internal sealed class ServerIdConverter : TextConverter<ServerId>
{
    protected override ServerId Parse(string text) => ServerId.Parse(text);
}

internal sealed class ServerSelectorConverter : TextConverter<ServerSelector>
{
    protected override ServerSelector Parse(string text) => ServerSelector.Parse(text);
}

/// <summary>Ports: a number where it is one port, so that a person may write it so, else a text.</summary>
internal sealed class PortRangeConverter : JsonConverter<PortRange>
{
    public override PortRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetInt32(out var port) && port is >= 1 and <= ushort.MaxValue
                ? new PortRange(port)
                : throw new JsonException("a port is a number of 1-65535");
        }

        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException("ports are a number or a text such as \"8000-8010\"");
        var text = reader.GetString()!;
        return PortRange.TryParse(text, null, out var ports) ? ports : throw new JsonException($"{Quote.Of(text)} is not a port (1-65535) or a range of ports such as 8000-8010");
    }

    public override void Write(Utf8JsonWriter writer, PortRange value, JsonSerializerOptions options)
    {
        if (value.Count == 1)
            writer.WriteNumberValue(value.First);
        else
            writer.WriteStringValue(value.ToString());
    }
}

internal sealed class OutsideWordConverter : WordConverter<OutsideWord>
{
    protected override OutsideWord ParseWord(string text) => OutsideWordNames.Parse(text);

    protected override string Format(OutsideWord value) => value.ToText();
}

internal sealed class VerdictSourceConverter : WordConverter<VerdictSource>
{
    protected override VerdictSource ParseWord(string text) => VerdictSourceNames.Parse(text);

    protected override string Format(VerdictSource value) => value.ToText();
}
