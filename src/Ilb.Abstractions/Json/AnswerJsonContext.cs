using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The JSON of what a load balancer answers. Unlike what is asked, it may have members that this version does not know: a newer daemon's.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [
        typeof(AddressConverter), typeof(DurationConverter), typeof(ErrorCodeConverter), typeof(KernelStateConverter), typeof(AdministrativeStateConverter), typeof(StepActionConverter),
        typeof(FindingSeverityConverter), typeof(FindingKindConverter), typeof(ValueListConverter<Finding>),
        typeof(ValueListConverter<Change>), typeof(ValueListConverter<PlanStep>), typeof(ValueListConverter<IlbError>), typeof(ValueListConverter<RuleState>), typeof(ValueListConverter<ServerState>), typeof(ValueListConverter<DrainingServer>),
        typeof(ValueListConverter<RuleStatistics>), typeof(ValueListConverter<ServerStatistics>),
        typeof(ValueListConverter<HealthCheck>), typeof(ValueListConverter<HttpStatusRange>),
        typeof(ValueListConverter<Rule>), typeof(ValueListConverter<ServerGroup>), typeof(ValueListConverter<Server>),
        typeof(ValueListConverter<string>), typeof(ValueListConverter<FailoverGroup>), typeof(ValueListConverter<VirtualAddress>), typeof(ValueListConverter<System.Net.IPAddress>),
        typeof(ValueListConverter<ServerId>), typeof(ValueListConverter<ServerSelector>)])]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(LoadBalancerState))]
[JsonSerializable(typeof(LoadBalancerStatistics))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(LoadBalancerEvent))]
[JsonSerializable(typeof(ErrorDocument))]
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
[JsonSerializable(typeof(EventKind))]
internal sealed partial class AnswerJsonContext : JsonSerializerContext
{
    /// <summary>The same, with quotes and letters as they are: messages are read by people too, and an answer is never part of a web page.</summary>
    public static AnswerJsonContext Readable => field ??= new AnswerJsonContext(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
