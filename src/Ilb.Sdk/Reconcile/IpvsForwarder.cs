using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>The kernel's IPVS.</summary>
internal sealed class IpvsForwarder(IpvsClient client) : IForwarder
{
    public Task<IReadOnlyList<IpvsServiceState>> GetServicesAsync(CancellationToken cancellationToken) => TranslateAsync(client.GetServicesAsync(cancellationToken));

    public Task<IReadOnlyList<IpvsDestinationState>> GetDestinationsAsync(IpvsServiceKey service, CancellationToken cancellationToken) =>
        TranslateAsync(client.GetDestinationsAsync(service, cancellationToken));

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
