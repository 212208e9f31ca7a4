using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ilb;

internal sealed class ErrorCodeConverter() : JsonStringEnumConverter<IlbErrorCode>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

internal sealed class KernelStateConverter() : JsonStringEnumConverter<KernelState>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

internal sealed class AdministrativeStateConverter() : JsonStringEnumConverter<AdministrativeState>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

internal sealed class StepActionConverter() : JsonStringEnumConverter<StepAction>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

internal sealed class FindingSeverityConverter() : JsonStringEnumConverter<FindingSeverity>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

internal sealed class FindingKindConverter() : JsonStringEnumConverter<FindingKind>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);
