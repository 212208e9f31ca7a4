namespace Ilb.Netlink.Ipvs;

/// <summary>
/// A client of the kernel's IP Virtual Server. It opens its socket at the first call and may be used by several threads; calls take turns.
/// It needs <c>CAP_NET_ADMIN</c>, also for reading.
/// </summary>
public sealed class IpvsClient : IDisposable
{
    /// <summary>Makes a client; nothing is opened yet.</summary>
    public IpvsClient(NetlinkOptions? options = null) => Options = options ?? NetlinkOptions.Default;
    /// <summary>x</summary>
    public NetlinkOptions Options { get; }
    /// <summary>x</summary>
    public Task<IReadOnlyList<IpvsServiceState>> GetServicesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    /// <summary>x</summary>
    public Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    /// <summary>x</summary>
    public Task<IReadOnlyList<IpvsDestinationState>> GetDestinationsAsync(IpvsServiceKey service, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    /// <summary>x</summary>
    public Task<IReadOnlyList<IpvsPool>> GetPoolsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    /// <summary>x</summary>
    public Task<IReadOnlyList<IpvsFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    /// <inheritdoc/>
    public void Dispose() { }
}
