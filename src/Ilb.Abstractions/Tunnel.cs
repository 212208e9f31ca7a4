namespace Ilb;

/// <summary>How packets are put into a tunnel; for <see cref="Topology.Tun"/>.</summary>
public sealed record Tunnel
{
    /// <summary>What the packets are wrapped in. Default IP in IP.</summary>
    public TunnelKind Kind { get; init; }

    /// <summary>The UDP port at the server, 1–65535: required for GUE, not allowed for others; null (default) = none.</summary>
    public int? Port { get; init; }

    /// <summary>The checksum of the wrapping: for GRE and GUE; remote only for GUE. Default none.</summary>
    public TunnelChecksum Checksum { get; init; }
}
