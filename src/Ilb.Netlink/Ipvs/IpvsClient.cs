using System.Net;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Transport;

namespace Ilb.Netlink.Ipvs;

/// <summary>
/// A client of the kernel's IP Virtual Server. It opens its socket at the first call. Several threads may use one client: their calls take turns.
/// Every call, reading too, needs <c>CAP_NET_ADMIN</c> in the initial user namespace, and a kernel with <c>ip_vs</c>.
/// </summary>
/// <remarks>
/// Every call throws <see cref="NetlinkException"/>: with <see cref="NetlinkErrorCode.Unavailable"/> if the kernel has no IPVS, <see cref="NetlinkErrorCode.PermissionDenied"/>,
/// <see cref="NetlinkErrorCode.Timeout"/>, or what the kernel says of the object; and <see cref="OperationCanceledException"/>, after which it is unknown what of the call was done.
/// </remarks>
/// <example><code>
/// using var ipvs = new IpvsClient();
/// var web = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
/// await ipvs.AddServiceAsync(new IpvsService { Key = web, Scheduler = "wrr" });
/// await ipvs.AddDestinationAsync(web, new IpvsDestination { Address = IPAddress.Parse("10.0.0.11"), Port = 8080 });
/// </code></example>
public sealed class IpvsClient : IDisposable
{
    private readonly NetlinkChannel _channel;

    /// <summary>Makes a client; nothing is opened yet.</summary>
    /// <param name="options">Namespace and deadlines; null = <see cref="NetlinkOptions.Default"/>.</param>
    public IpvsClient(NetlinkOptions? options = null)
        : this(NetlinkChannel.Open(options ?? NetlinkOptions.Default, GenericFamily.Protocol, GenericFamily.ReceiveBufferLength))
    {
    }

    internal IpvsClient(NetlinkChannel channel) => _channel = channel;

    /// <summary>All services, in the kernel's order. While services are added or removed, in whatever network namespace, any one may be missed or listed twice: ask for it by <see cref="FindServiceAsync"/> before taking it for gone.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<IpvsServiceState>> GetServicesAsync(CancellationToken cancellationToken = default) =>
        RunAsync<IReadOnlyList<IpvsServiceState>>(static (ipvs, _) => ipvs.Services(), cancellationToken);

    /// <summary>One service, or null if there is none.</summary>
    /// <param name="service">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        return RunAsync((ipvs, _) => ipvs.Service(service), cancellationToken);
    }

    /// <summary>The destinations of a service, in the kernel's order; none if there is no such service (the kernel does not tell the two apart).</summary>
    /// <param name="service">The service.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<IpvsDestinationState>> GetDestinationsAsync(IpvsServiceKey service, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        return RunAsync<IReadOnlyList<IpvsDestinationState>>((ipvs, _) => ipvs.Destinations(service), cancellationToken);
    }

    /// <summary>The destinations of many services, in one turn: much faster than asking for each. A service that does not exist has none.</summary>
    /// <param name="services">The services.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> GetDestinationsOfAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        // A copy: a call that was given up may still read it while its caller fills the list anew.
        IpvsServiceKey[] copy = [.. services];
        if (copy.Length == 0)
            return Task.FromResult<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>>(new Dictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>());
        return RunAsync<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>>(
            (ipvs, cancellation) =>
            {
                var destinations = new Dictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>(copy.Length);
                foreach (var service in copy)
                {
                    cancellation.ThrowIfCancellationRequested();
                    destinations[service] = ipvs.Destinations(service);
                }

                return destinations;
            },
            cancellationToken);
    }

    /// <summary>All services with their destinations, in one turn: much faster than asking for each. As with <see cref="GetServicesAsync"/>, one may be missed or come twice.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<IpvsPool>> GetPoolsAsync(CancellationToken cancellationToken = default) =>
        RunAsync<IReadOnlyList<IpvsPool>>(
            static (ipvs, cancellation) =>
            {
                var services = ipvs.Services();
                var pools = new List<IpvsPool>(services.Count);
                foreach (var service in services)
                {
                    cancellation.ThrowIfCancellationRequested();
                    pools.Add(new IpvsPool { Service = service, Destinations = ipvs.Destinations(service.Service.Key) });
                }

                return pools;
            },
            cancellationToken);

    /// <summary>
    /// Carries out many operations in order, in as few sends as they fit in. One that the kernel refuses does not stop the others.
    /// </summary>
    /// <param name="operations">What to do. All are checked before anything is sent.</param>
    /// <param name="cancellationToken">Gives up; operations already sent are carried out.</param>
    /// <returns>Those that failed, in order; empty if all succeeded.</returns>
    /// <exception cref="ArgumentException">An operation cannot be expressed: a name too long, a weight below zero. Nothing was sent.</exception>
    /// <exception cref="NetlinkException">The call as a whole failed; how many of the operations were carried out is unknown.</exception>
    public Task<IReadOnlyList<IpvsFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        // A copy: a call that was given up may still read it while its caller fills the list anew.
        IpvsOperation[] copy = [.. operations];
        foreach (var operation in copy)
            IpvsCheck.Operation(operation);
        return copy.Length == 0
            ? Task.FromResult<IReadOnlyList<IpvsFailure>>([])
            : RunAsync((ipvs, cancellation) => ipvs.Apply(copy, cancellation), cancellationToken);
    }

    /// <summary>Adds a service. <see cref="NetlinkErrorCode.AlreadyExists"/>; <see cref="NetlinkErrorCode.SchedulerNotFound"/>.</summary>
    /// <param name="service">The service.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task AddServiceAsync(IpvsService service, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.AddService { Service = service }, cancellationToken);

    /// <summary>Sets all members of a service; its destinations and connections stay. <see cref="NetlinkErrorCode.NotFound"/>; <see cref="NetlinkErrorCode.SchedulerNotFound"/>.</summary>
    /// <param name="service">The service.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task UpdateServiceAsync(IpvsService service, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.UpdateService { Service = service }, cancellationToken);

    /// <summary>Removes a service and its destinations. <see cref="NetlinkErrorCode.NotFound"/>.</summary>
    /// <param name="service">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task RemoveServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.RemoveService { Service = service }, cancellationToken);

    /// <summary>Adds a destination. <see cref="NetlinkErrorCode.AlreadyExists"/>; <see cref="NetlinkErrorCode.NotFound"/> without the service; <see cref="NetlinkErrorCode.InvalidArgument"/> for an address that is not unicast, thresholds that cross, a GUE tunnel without port.</summary>
    /// <param name="service">The service.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task AddDestinationAsync(IpvsServiceKey service, IpvsDestination destination, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.AddDestination { Service = service, Destination = destination }, cancellationToken);

    /// <summary>Sets all members of a destination; its connections stay. <see cref="NetlinkErrorCode.NotFound"/>.</summary>
    /// <param name="service">The service.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task UpdateDestinationAsync(IpvsServiceKey service, IpvsDestination destination, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.UpdateDestination { Service = service, Destination = destination }, cancellationToken);

    /// <summary>Removes a destination. <see cref="NetlinkErrorCode.NotFound"/>.</summary>
    /// <param name="service">The service.</param>
    /// <param name="address">The destination's address.</param>
    /// <param name="port">The destination's port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task RemoveDestinationAsync(IpvsServiceKey service, IPAddress address, ushort port, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.RemoveDestination { Service = service, Address = address, Port = port }, cancellationToken);

    /// <summary>Sets counters to zero, as of the kernel's last estimate (up to 2 s ago).</summary>
    /// <param name="service">The service, with its destinations; null = all services and the totals.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ZeroCountersAsync(IpvsServiceKey? service = null, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.ZeroCounters { Service = service }, cancellationToken);

    /// <summary>Removes all services of the network namespace, whoever made them.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task FlushAsync(CancellationToken cancellationToken = default) => ApplyOneAsync(new IpvsOperation.Flush(), cancellationToken);

    /// <summary>The idle timeouts of the network namespace.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IpvsTimeouts> GetTimeoutsAsync(CancellationToken cancellationToken = default) => RunAsync(static (ipvs, _) => ipvs.Timeouts(), cancellationToken);

    /// <summary>Sets idle timeouts of the network namespace.</summary>
    /// <param name="timeouts">The timeouts; null or zero members keep the present value.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SetTimeoutsAsync(IpvsTimeouts timeouts, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.SetTimeouts { Timeouts = timeouts }, cancellationToken);

    /// <summary>The connection synchronisation daemons that run: none, a master, a backup, or both.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<IpvsSyncDaemonState>> GetSyncDaemonsAsync(CancellationToken cancellationToken = default) =>
        RunAsync<IReadOnlyList<IpvsSyncDaemonState>>(static (ipvs, _) => ipvs.Daemons(), cancellationToken);

    /// <summary>Starts a connection synchronisation daemon. <see cref="NetlinkErrorCode.AlreadyExists"/>; <see cref="NetlinkErrorCode.NotFound"/> without the interface; <see cref="NetlinkErrorCode.InvalidArgument"/> for a group that is not multicast, or while a destination is of another family than its service.</summary>
    /// <param name="daemon">The daemon.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task StartSyncDaemonAsync(IpvsSyncDaemon daemon, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.StartSyncDaemon { Daemon = daemon }, cancellationToken);

    /// <summary>Stops a connection synchronisation daemon. <see cref="NetlinkErrorCode.NotFound"/> if none of that role runs.</summary>
    /// <param name="role">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task StopSyncDaemonAsync(IpvsSyncRole role, CancellationToken cancellationToken = default) =>
        ApplyOneAsync(new IpvsOperation.StopSyncDaemon { Role = role }, cancellationToken);

    /// <summary>What the kernel says of its IPVS; also the cheapest way to find out whether it has one.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IpvsKernel> GetKernelAsync(CancellationToken cancellationToken = default) => RunAsync(static (ipvs, _) => ipvs.Kernel(), cancellationToken);

    /// <summary>The connections and persistence templates of the network namespace as a stream, from <c>/proc/net/ip_vs_conn</c>; entries that come or go meanwhile may be missed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public IAsyncEnumerable<IpvsConnection> GetConnectionsAsync(CancellationToken cancellationToken = default) =>
        IpvsConnectionTable.ReadAsync(_channel.Options.NetworkNamespace, cancellationToken);

    /// <summary>Closes the socket. A call under way still ends.</summary>
    public void Dispose() => _channel.Dispose();

    private async Task ApplyOneAsync(IpvsOperation operation, CancellationToken cancellationToken)
    {
        if (await ApplyAsync([operation], cancellationToken).ConfigureAwait(false) is [var failure])
            throw failure.Error;
    }

    private async Task<T> RunAsync<T>(Func<IpvsExchange, CancellationToken, T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _channel.RunAsync((connection, cancellation) => work(new IpvsExchange(connection), cancellation), cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Code == NetlinkErrorCode.Unavailable && e.Errno == Errno.ENOENT)
        {
            throw new NetlinkException(e.Code, "this kernel has no IPVS: load the module (modprobe ip_vs) or use a kernel with CONFIG_IP_VS", e.Errno, innerException: e);
        }
    }
}
