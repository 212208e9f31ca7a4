using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>What a refusal means for the operation that was refused.</summary>
internal static class IpvsError
{
    public static NetlinkException Refused(IpvsOperation operation, in NetlinkAcknowledgement acknowledgement)
    {
        int errno = acknowledgement.Errno;
        var code = Errno.ToCode(errno);
        string reason = ErrorText.Of(acknowledgement);
        switch (operation, errno)
        {
            case (IpvsOperation.AddService or IpvsOperation.UpdateService, Errno.ENOENT):
                var service = operation is IpvsOperation.AddService add ? add.Service : ((IpvsOperation.UpdateService)operation).Service;
                code = NetlinkErrorCode.SchedulerNotFound;
                reason = service.PersistenceEngine is { } engine
                    ? $"the kernel lacks the scheduler '{service.Scheduler}' or the persistence engine '{engine}'"
                    : $"the kernel lacks the scheduler '{service.Scheduler}'";
                break;
            case (IpvsOperation.AddService, Errno.EEXIST):
                reason = "there is a service of that key";
                break;
            case (IpvsOperation.AddDestination, Errno.EEXIST):
                reason = "the service has that destination";
                break;
            case (IpvsOperation.UpdateDestination or IpvsOperation.RemoveDestination, Errno.ENOENT):
                reason = "the service has no such destination";
                break;
            case (IpvsOperation.AddDestination refused, Errno.EINVAL or Errno.ERANGE) when acknowledgement.Text is null:
                reason = Reason(refused.Service, refused.Destination);
                break;
            case (IpvsOperation.UpdateDestination refused, Errno.EINVAL or Errno.ERANGE) when acknowledgement.Text is null:
                reason = Reason(refused.Service, refused.Destination);
                break;
            case (IpvsOperation.StartSyncDaemon, Errno.EEXIST):
                reason = "one of that role runs";
                break;
            case (IpvsOperation.StopSyncDaemon, Errno.ESRCH):
                reason = "none of that role runs";
                break;
            case (IpvsOperation.StartSyncDaemon, Errno.ENODEV):
                reason = "there is no such interface";
                break;
            case (_, Errno.ESRCH):
                reason = "there is no such service";
                break;
            case (_, Errno.EPERM):
                reason = "needs CAP_NET_ADMIN in the initial user namespace";
                break;
            case (_, Errno.EAFNOSUPPORT):
                reason = "the kernel has no IPv6 in its IPVS";
                break;
        }

        return new NetlinkException(code, $"{operation}: {reason}", errno, acknowledgement.Text, acknowledgement.Offset);
    }

    // The kernel gives a number only (ip_vs_add_dest, ip_vs_edit_dest in net/netfilter/ipvs/ip_vs_ctl.c); the checks in its order tell which one it was.
    private static string Reason(IpvsServiceKey service, IpvsDestination destination)
    {
        if (destination.Address.AddressFamily != service.Family)
        {
            return destination.Forwarding == IpvsForwarding.Tunnel
                ? "a destination of the other address family does not go with a sync daemon, and one runs"
                : "a destination of the other address family needs a tunnel";
        }

        if (destination.Tunnel is { Kind: IpvsTunnelKind.Gue, Port: 0 })
            return "a GUE tunnel needs a port";
        return destination.LowerThreshold > destination.UpperThreshold
            ? "the lower threshold is above the upper one"
            : $"the kernel takes {destination.Address} for no unicast address; is `lo` up in this network namespace?";
    }

    public static NetlinkException Refused(IpvsConstants.Command query, IpvsServiceKey? service, in NetlinkAcknowledgement acknowledgement)
    {
        string doing = query switch
        {
            IpvsConstants.Command.GetService when service is not null => $"reading service {service}",
            IpvsConstants.Command.GetService => "listing the services",
            IpvsConstants.Command.GetDest => $"listing the destinations of service {service}",
            IpvsConstants.Command.GetDaemon => "listing the sync daemons",
            IpvsConstants.Command.GetConfig => "reading the timeouts",
            _ => "reading the version",
        };
        return new NetlinkException(Errno.ToCode(acknowledgement.Errno),
            acknowledgement.Errno == Errno.EPERM ? $"{doing} needs CAP_NET_ADMIN in the initial user namespace" : $"{doing}: {ErrorText.Of(acknowledgement)}",
            acknowledgement.Errno, acknowledgement.Text, acknowledgement.Offset);
    }

    public static NetlinkException Lost(IpvsOperation operation) => new(NetlinkErrorCode.Overrun,
        $"{operation}: the receive queue overflowed, whether it was done is unknown", Errno.ENOBUFS);
}
