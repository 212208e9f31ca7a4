namespace Ilb.Netlink.Ipvs;

/// <summary>One operation of a batch that did not succeed.</summary>
public sealed record IpvsFailure
{
    /// <summary>Its place in the batch, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The operation.</summary>
    public required IpvsOperation Operation { get; init; }

    /// <summary>What the kernel said.</summary>
    public required NetlinkException Error { get; init; }
}
