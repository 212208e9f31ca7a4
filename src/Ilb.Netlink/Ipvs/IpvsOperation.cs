using System.Net;

namespace Ilb.Netlink.Ipvs;

/// <summary>One change of the kernel's IPVS as a value, for <see cref="IpvsClient.ApplyAsync"/>. A closed family: its members are the nested types.</summary>
public abstract record IpvsOperation
{
    private protected IpvsOperation()
    {
    }

    /// <summary>Adds a service. <see cref="NetlinkErrorCode.AlreadyExists"/> if there is one of its key.</summary>
    public sealed record AddService : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsService Service { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"add service {Service.Key}";
    }

    /// <summary>Sets all members of a service; its destinations and connections stay. <see cref="NetlinkErrorCode.NotFound"/> if there is none of its key.</summary>
    public sealed record UpdateService : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsService Service { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"update service {Service.Key}";
    }

    /// <summary>Removes a service and its destinations. <see cref="NetlinkErrorCode.NotFound"/> if there is none.</summary>
    public sealed record RemoveService : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsServiceKey Service { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"remove service {Service}";
    }

    /// <summary>Adds a destination to a service. <see cref="NetlinkErrorCode.AlreadyExists"/> if it has one with that address and port; <see cref="NetlinkErrorCode.NotFound"/> without the service.</summary>
    public sealed record AddDestination : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsServiceKey Service { get; init; }

        /// <summary>The destination.</summary>
        public required IpvsDestination Destination { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"add destination {Destination} to service {Service}";
    }

    /// <summary>Sets all members of a destination; its connections stay. <see cref="NetlinkErrorCode.NotFound"/> without the destination or the service.</summary>
    public sealed record UpdateDestination : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsServiceKey Service { get; init; }

        /// <summary>The destination.</summary>
        public required IpvsDestination Destination { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"update destination {Destination} of service {Service}";
    }

    /// <summary>Removes a destination; what happens to its connections is <c>net.ipv4.vs.expire_nodest_conn</c>'s matter. <see cref="NetlinkErrorCode.NotFound"/> without the destination or the service.</summary>
    public sealed record RemoveDestination : IpvsOperation
    {
        /// <summary>The service.</summary>
        public required IpvsServiceKey Service { get; init; }

        /// <summary>The destination's address.</summary>
        public required IPAddress Address { get; init; }

        /// <summary>The destination's port.</summary>
        public required ushort Port { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"remove destination {IpvsAddress.Format(Address, Port)} of service {Service}";
    }

    /// <summary>Sets counters to zero.</summary>
    public sealed record ZeroCounters : IpvsOperation
    {
        /// <summary>The service, with its destinations; null = all services and the totals.</summary>
        public IpvsServiceKey? Service { get; init; }

        /// <inheritdoc/>
        public override string ToString() => Service is null ? "zero all counters" : $"zero the counters of service {Service}";
    }

    /// <summary>Removes all services of the network namespace, whoever made them.</summary>
    public sealed record Flush : IpvsOperation
    {
        /// <inheritdoc/>
        public override string ToString() => "flush all services";
    }

    /// <summary>Sets idle timeouts.</summary>
    public sealed record SetTimeouts : IpvsOperation
    {
        /// <summary>The timeouts; null or zero members keep the present value.</summary>
        public required IpvsTimeouts Timeouts { get; init; }

        /// <inheritdoc/>
        public override string ToString() => "set timeouts";
    }

    /// <summary>Starts a connection synchronisation daemon. <see cref="NetlinkErrorCode.AlreadyExists"/> if one of its role runs; <see cref="NetlinkErrorCode.NotFound"/> without the interface.</summary>
    public sealed record StartSyncDaemon : IpvsOperation
    {
        /// <summary>The daemon.</summary>
        public required IpvsSyncDaemon Daemon { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"start the {IpvsText.Role(Daemon.Role)} sync daemon on {Daemon.Interface}";
    }

    /// <summary>Stops a connection synchronisation daemon. <see cref="NetlinkErrorCode.NotFound"/> if none of that role runs.</summary>
    public sealed record StopSyncDaemon : IpvsOperation
    {
        /// <summary>Which.</summary>
        public required IpvsSyncRole Role { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"stop the {IpvsText.Role(Role)} sync daemon";
    }
}
