using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>
/// Something that happened to a load balancer. A closed family: its members are the records derived from it here. In JSON the member <c>event</c> says its kind, as in <c>{ "event": "configuration-changed", … }</c>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(EventsStarted), "events-started")]
[JsonDerivedType(typeof(EventsLost), "events-lost")]
[JsonDerivedType(typeof(ConfigurationChanged), "configuration-changed")]
[JsonDerivedType(typeof(ConfigurationReloaded), "configuration-reloaded")]
[JsonDerivedType(typeof(ReloadRefused), "reload-refused")]
[JsonDerivedType(typeof(KernelCorrected), "kernel-corrected")]
[JsonDerivedType(typeof(KernelStepFailed), "kernel-step-failed")]
[JsonDerivedType(typeof(ServerHealthChanged), "server-health-changed")]
[JsonDerivedType(typeof(ServerDrained), "server-drained")]
[JsonDerivedType(typeof(SorryGroupSwitched), "sorry-group-switched")]
[JsonDerivedType(typeof(KernelUnreadable), "kernel-unreadable")]
[JsonDerivedType(typeof(KernelReadable), "kernel-readable")]
public abstract record LoadBalancerEvent
{
    private protected LoadBalancerEvent()
    {
    }

    /// <summary>Its place in the stream. Opaque; given to <see cref="ILoadBalancer.GetEventsAsync"/> it resumes the stream behind this event.</summary>
    [JsonPropertyOrder(-2)]
    public string Id { get; init; } = "";

    /// <summary>When it happened, by the load balancer's clock.</summary>
    [JsonPropertyOrder(-1)]
    public DateTimeOffset Time { get; init; }

    /// <summary>For a person: <c>configuration changed: create rule 'web'</c>.</summary>
    public sealed override string ToString() => EventText.Of(this);
}
