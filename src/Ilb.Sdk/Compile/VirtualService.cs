using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the kernel should hold for a rule.</summary>
internal sealed record VirtualService
{
    /// <summary>The rule's name.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether it is a hidden one, which only the probes of health checks take: it carries nobody's traffic, so it just goes. Default false.</summary>
    public bool IsProbe { get; init; }

    public required IpvsService Service { get; init; }

    /// <summary>Its destinations; address and port are unique.</summary>
    public required ValueList<IpvsDestination> Destinations { get; init; }
}
