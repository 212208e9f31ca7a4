using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What a health check does to find out whether a server is alive. A closed family: its members are the records derived from it here.</summary>
/// <remarks>In JSON a text where it has no settings of its own, as in <c>"TCP"</c> or <c>"/usr/lib/ilb/test"</c>, else an object: <c>{ "kind": "HTTP", "path": "/health" }</c>.</remarks>
[JsonConverter(typeof(HealthTestConverter))]
public abstract record HealthTest
{
    private protected HealthTest()
    {
    }

    /// <summary>Its kind.</summary>
    public abstract HealthTestKind Kind { get; }

    /// <summary>For a person: the word of its kind, or the path of a script.</summary>
    public sealed override string ToString() => this is ScriptTest script ? script.Path : Kind.ToText();

    /// <summary>Whether it can tell the state of a server for a protocol's rules.</summary>
    internal virtual bool Fits(Protocol protocol) => protocol == Protocol.Tcp;

    internal virtual void Check(string subject, ErrorList errors)
    {
    }
}
