using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>The kernel's IPVS.</summary>
internal sealed class IpvsForwarder(IpvsClient client) : IForwarder
{
    // The kernel lists by position, among the services of all network namespaces: one that comes or goes elsewhere makes a listing skip another or repeat it.
    public async Task<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>> GetServicesAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken)
    {
        var services = new Dictionary<IpvsServiceKey, IpvsServiceState>();
        foreach (var service in await TranslateAsync(client.GetServicesAsync(cancellationToken)).ConfigureAwait(false))
            services[service.Service.Key] = service;
        foreach (var key in expected)
        {
            if (!services.ContainsKey(key) && await TranslateAsync(client.FindServiceAsync(key, cancellationToken)).ConfigureAwait(false) is { } missed)
                services.Add(key, missed);
        }

        return services;
    }

    public Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken) => TranslateAsync(client.FindServiceAsync(service, cancellationToken));

    public async Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> GetDestinationsAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken)
    {
        var found = await TranslateAsync(client.GetDestinationsOfAsync(services, cancellationToken)).ConfigureAwait(false);
        return found.ToDictionary(static pair => pair.Key, static IReadOnlyList<IpvsDestinationState> (pair) => [.. pair.Value.DistinctBy(static state => (state.Destination.Address, state.Destination.Port))]);
    }

    public async Task<IReadOnlyList<ForwarderFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken)
    {
        var failures = await TranslateAsync(client.ApplyAsync(operations, cancellationToken)).ConfigureAwait(false);
        return [.. failures.Select(static failure => new ForwarderFailure
        {
            Index = failure.Index,
            Failure = new StepFailure
            {
                Code = Code(failure.Error.Code),
                Message = Message(failure.Error),
                Errno = failure.Error.Errno,
                IsTransient = failure.Error.IsTransient,
            },
        })];
    }

    public void Dispose() => client.Dispose();

    internal static IlbErrorCode Code(NetlinkErrorCode code) => code switch
    {
        NetlinkErrorCode.AlreadyExists => IlbErrorCode.AlreadyExists,
        NetlinkErrorCode.NotFound => IlbErrorCode.NotFound,
        NetlinkErrorCode.PermissionDenied => IlbErrorCode.PermissionDenied,
        NetlinkErrorCode.Unavailable => IlbErrorCode.KernelUnavailable,
        NetlinkErrorCode.Busy => IlbErrorCode.Busy,
        NetlinkErrorCode.OutOfMemory => IlbErrorCode.OutOfMemory,
        NetlinkErrorCode.Timeout or NetlinkErrorCode.Interrupted or NetlinkErrorCode.Overrun => IlbErrorCode.Timeout,
        NetlinkErrorCode.Protocol => IlbErrorCode.ProtocolError,
        _ => IlbErrorCode.KernelRefused,
    };

    private static string Message(NetlinkException error) => error.Code switch
    {
        NetlinkErrorCode.PermissionDenied => "no permission to use the kernel's IPVS: run as root, or with the capability CAP_NET_ADMIN",
        NetlinkErrorCode.Unavailable => "the kernel has no IPVS: load it with 'modprobe ip_vs', or boot a kernel that has it",
        _ => error.Message,
    };

    private static async Task<T> TranslateAsync<T>(Task<T> call)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (NetlinkException e)
        {
            throw new IlbException(Code(e.Code), Message(e), e);
        }
    }
}
