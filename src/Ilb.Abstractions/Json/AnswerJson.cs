using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ilb;

/// <summary>The JSON form of what a load balancer answers: results, state, statistics, events, errors. UTF-8 in one line, without a line feed. Members that are unknown are passed over: they are a newer version's.</summary>
/// <example><code>
/// await foreach (var happened in balancer.GetEventsAsync())
///     Console.WriteLine(Encoding.UTF8.GetString(AnswerJson.Serialize(happened)));
/// </code></example>
public static class AnswerJson
{
    private static readonly HashSet<object> EventKinds = FindEventKinds();

    /// <summary>The result of changes as JSON.</summary>
    /// <param name="result">The result.</param>
    public static byte[] Serialize(ApplyResult result) => JsonSerializer.SerializeToUtf8Bytes(Given(result), AnswerJsonContext.Readable.ApplyResult);

    /// <summary>A state as JSON.</summary>
    /// <param name="state">The state.</param>
    public static byte[] Serialize(LoadBalancerState state) => JsonSerializer.SerializeToUtf8Bytes(Given(state), AnswerJsonContext.Readable.LoadBalancerState);

    /// <summary>Statistics as JSON.</summary>
    /// <param name="statistics">The statistics.</param>
    public static byte[] Serialize(LoadBalancerStatistics statistics) => JsonSerializer.SerializeToUtf8Bytes(Given(statistics), AnswerJsonContext.Readable.LoadBalancerStatistics);

    /// <summary>A diagnosis as JSON.</summary>
    /// <param name="diagnosis">The diagnosis.</param>
    public static byte[] Serialize(Diagnosis diagnosis) => JsonSerializer.SerializeToUtf8Bytes(Given(diagnosis), AnswerJsonContext.Readable.Diagnosis);

    /// <summary>An event as JSON.</summary>
    /// <param name="happened">The event.</param>
    public static byte[] Serialize(LoadBalancerEvent happened) => JsonSerializer.SerializeToUtf8Bytes(Given(happened), AnswerJsonContext.Readable.LoadBalancerEvent);

    /// <summary>Errors as JSON: <c>{ "errors": [ { "code": "no-such-rule", "message": … } ] }</c>.</summary>
    /// <param name="errors">The errors.</param>
    public static byte[] Serialize(ValueList<IlbError> errors) => JsonSerializer.SerializeToUtf8Bytes(new ErrorDocument { Errors = Given(errors) }, AnswerJsonContext.Readable.ErrorDocument);

    /// <summary>Reads the result of changes.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else.</exception>
    public static ApplyResult DeserializeApplyResult(ReadOnlySpan<byte> json) => Read(json, AnswerJsonContext.Default.ApplyResult);

    /// <summary>Reads a state.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else.</exception>
    public static LoadBalancerState DeserializeState(ReadOnlySpan<byte> json) => Read(json, AnswerJsonContext.Default.LoadBalancerState);

    /// <summary>Reads statistics.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else.</exception>
    public static LoadBalancerStatistics DeserializeStatistics(ReadOnlySpan<byte> json) => Read(json, AnswerJsonContext.Default.LoadBalancerStatistics);

    /// <summary>Reads a diagnosis.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else.</exception>
    public static Diagnosis DeserializeDiagnosis(ReadOnlySpan<byte> json) => Read(json, AnswerJsonContext.Default.Diagnosis);

    /// <summary>Reads an event.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else, or an event that only a newer version knows.</exception>
    public static LoadBalancerEvent DeserializeEvent(ReadOnlySpan<byte> json) => Read(json, AnswerJsonContext.Default.LoadBalancerEvent);

    /// <summary>Reads an event, if this version knows its kind.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <param name="happened">The event.</param>
    /// <returns>False for an event of a kind that only a newer version knows.</returns>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else.</exception>
    public static bool TryDeserializeEvent(ReadOnlySpan<byte> json, [NotNullWhen(true)] out LoadBalancerEvent? happened)
    {
        happened = Read(json, AnswerJsonContext.Default.EventKind).Event is { } kind && !EventKinds.Contains(kind) ? null : DeserializeEvent(json);
        return happened is not null;
    }

    /// <summary>Reads errors.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ProtocolError"/>: it is something else, or there is none.</exception>
    public static ValueList<IlbError> DeserializeErrors(ReadOnlySpan<byte> json) =>
        Read(json, AnswerJsonContext.Default.ErrorDocument).Errors is { Count: > 0 } errors ? errors : throw new IlbException(IlbErrorCode.ProtocolError, "the answer tells no error");

    private static HashSet<object> FindEventKinds() =>
        AnswerJsonContext.Default.LoadBalancerEvent.PolymorphismOptions!.DerivedTypes.Select(static type => type.TypeDiscriminator!).ToHashSet();

    private static T Given<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    private static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("an object is expected");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new IlbException(IlbErrorCode.ProtocolError, $"the answer makes no sense: {e.Message}", e);
        }
    }
}
