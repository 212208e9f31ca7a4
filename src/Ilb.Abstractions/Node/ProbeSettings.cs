using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Where the health probes of one machine come from.</summary>
public sealed record ProbeSettings
{
    /// <summary>Makes settings with the defaults.</summary>
    public ProbeSettings()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal ProbeSettings(ValueList<IPAddress>? sources = null, string? networkNamespace = null)
    {
        Sources = sources ?? [];
        NetworkNamespace = networkNamespace;
    }

    /// <summary>
    /// The source addresses of probes, at most one of a family, the balancer's own and no VIP. Default none: what the machine's routes say; for servers that have the VIP, never a VIP.
    /// </summary>
    public ValueList<IPAddress> Sources { get; init; } = [];

    /// <summary>
    /// The network namespace that probes leave from, as a path such as <c>/run/netns/NAME</c>; null (default) = the balancer's own. From another one DSR and TUN servers are probed at their own address, not at the VIP
    /// through the server: that way is the balancer's. To enter it needs <c>CAP_SYS_ADMIN</c>.
    /// </summary>
    [JsonPropertyName("namespace")]
    public string? NetworkNamespace { get; init; }
}
