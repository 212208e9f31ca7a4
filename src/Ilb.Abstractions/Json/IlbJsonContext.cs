using System.Text.Json.Serialization;

namespace Ilb;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    AllowOutOfOrderMetadataProperties = true, // "change" may stand anywhere
    WriteIndented = true,
    Converters = [
        typeof(AddressConverter), typeof(DurationConverter), typeof(ValueListConverter<HealthCheck>), typeof(ValueListConverter<HttpStatusRange>),
        typeof(ValueListConverter<Rule>), typeof(ValueListConverter<ServerGroup>), typeof(ValueListConverter<Server>), typeof(ValueListConverter<Change>),
        typeof(ValueListConverter<string>), typeof(ValueListConverter<FailoverGroup>), typeof(ValueListConverter<VirtualAddress>), typeof(ValueListConverter<System.Net.IPAddress>),
        typeof(ValueListConverter<InterfaceName>), typeof(ValueListConverter<FailoverPriority>), typeof(ValueListConverter<GroupAccess>), typeof(ValueListConverter<ServerId>), typeof(ValueListConverter<ServerSelector>),
        typeof(ValueListConverter<OutsideVerdict>)])]
[JsonSerializable(typeof(Configuration))]
[JsonSerializable(typeof(NodeSettings))]
[JsonSerializable(typeof(InterfaceName))]
[JsonSerializable(typeof(FailoverPriority))]
[JsonSerializable(typeof(GroupAccess))]
[JsonSerializable(typeof(ChangeList))]
[JsonSerializable(typeof(VerdictList))]
[JsonSerializable(typeof(OutsideVerdict))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(ServerGroup))]
[JsonSerializable(typeof(Server))]
[JsonSerializable(typeof(HealthCheck))]
[JsonSerializable(typeof(FailoverGroup))]
[JsonSerializable(typeof(VirtualAddress))]
[JsonSerializable(typeof(System.Net.IPAddress))]
[JsonSerializable(typeof(HealthTest))]
[JsonSerializable(typeof(PingTest))]
[JsonSerializable(typeof(TcpTest))]
[JsonSerializable(typeof(UdpTest))]
[JsonSerializable(typeof(SctpTest))]
[JsonSerializable(typeof(HttpTest))]
[JsonSerializable(typeof(HttpsTest))]
[JsonSerializable(typeof(TlsTest))]
[JsonSerializable(typeof(DnsTest))]
[JsonSerializable(typeof(SmtpTest))]
[JsonSerializable(typeof(GrpcTest))]
[JsonSerializable(typeof(ScriptTest))]
[JsonSerializable(typeof(ProductTest))]
[JsonSerializable(typeof(HttpStatusRange))]
[JsonSerializable(typeof(Change))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(ServerId))]
[JsonSerializable(typeof(ServerSelector))]
internal sealed partial class IlbJsonContext : JsonSerializerContext;
