using System.Net.Sockets;
using System.Text;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>Refuses what cannot be written as a request, before anything is sent. What the kernel can judge is left to it.</summary>
internal static class IpvsCheck
{
    public static void Operation(IpvsOperation operation)
    {
        switch (operation)
        {
            case null:
                throw new ArgumentException("an operation is null", nameof(operation));
            case IpvsOperation.AddService add:
                Service(add.Service);
                break;
            case IpvsOperation.UpdateService update:
                Service(update.Service);
                break;
            case IpvsOperation.RemoveService remove:
                ArgumentNullException.ThrowIfNull(remove.Service);
                break;
            case IpvsOperation.AddDestination add:
                Destination(add.Service, add.Destination);
                break;
            case IpvsOperation.UpdateDestination update:
                Destination(update.Service, update.Destination);
                break;
            case IpvsOperation.RemoveDestination remove:
                ArgumentNullException.ThrowIfNull(remove.Service);
                ArgumentNullException.ThrowIfNull(remove.Address);
                KernelAddress.Check(remove.Address, nameof(remove.Address));
                break;
            case IpvsOperation.SetTimeouts set:
                ArgumentNullException.ThrowIfNull(set.Timeouts);
                Seconds(set.Timeouts.Tcp, nameof(IpvsTimeouts.Tcp), minimum: 0);
                Seconds(set.Timeouts.TcpFin, nameof(IpvsTimeouts.TcpFin), minimum: 0);
                Seconds(set.Timeouts.Udp, nameof(IpvsTimeouts.Udp), minimum: 0);
                break;
            case IpvsOperation.StartSyncDaemon start:
                Daemon(start.Daemon);
                break;
            case IpvsOperation.StopSyncDaemon stop:
                Defined(stop.Role, nameof(stop.Role));
                break;
        }
    }

    private static void Service(IpvsService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(service.Key);
        Name(service.Scheduler, nameof(IpvsService.Scheduler));
        if (service.PersistenceEngine is not null)
            Name(service.PersistenceEngine, nameof(IpvsService.PersistenceEngine));
        if (((uint)service.SchedulerOptions & ~IpvsConstants.ServiceFlag.Scheduler) != 0)
            throw new ArgumentException($"service {service.Key}: 0x{(uint)service.SchedulerOptions:x} are no scheduler options", nameof(service));
        if (service.Persistence is not { } persistence)
            return;
        Seconds(persistence.Timeout, nameof(IpvsPersistence.Timeout), minimum: 1, IpvsConstants.MaximumPersistenceSeconds);
        if (persistence.Netmask.Family != AddressFamily.Unspecified && persistence.Netmask.Family != service.Key.Family)
            throw new ArgumentException($"service {service.Key}: the netmask {persistence.Netmask} is of the other address family", nameof(service));
    }

    private static void Destination(IpvsServiceKey service, IpvsDestination destination)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(destination.Address);
        KernelAddress.Check(destination.Address, nameof(destination));
        Defined(destination.Forwarding, nameof(IpvsDestination.Forwarding));
        Defined(destination.Tunnel.Kind, nameof(IpvsTunnel.Kind));
        if (destination.Weight < 0)
            throw new ArgumentOutOfRangeException(nameof(destination), destination.Weight, $"destination {destination}: the weight must be 0 to {int.MaxValue}");
        if (destination.UpperThreshold > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(destination), destination.UpperThreshold, $"destination {destination}: the upper threshold must be 0 to {int.MaxValue}");
    }

    private static void Daemon(IpvsSyncDaemon daemon)
    {
        ArgumentNullException.ThrowIfNull(daemon);
        Defined(daemon.Role, nameof(daemon.Role));
        Name(daemon.Interface, nameof(daemon.Interface));
        if (daemon.Group is { } group)
            KernelAddress.Check(group, nameof(daemon.Group));
    }

    private static void Name(string name, string member)
    {
        ArgumentNullException.ThrowIfNull(name, member);
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > IpvsConstants.MaximumNameLength || name.Contains('\0'))
            throw new ArgumentException($"'{name}' must have 1 to {IpvsConstants.MaximumNameLength} bytes and no NUL", member);
    }

    private static void Seconds(TimeSpan? time, string member, int minimum, int maximum = IpvsConstants.MaximumTimeoutSeconds)
    {
        if (time is not { } value)
            return;
        if (value.Ticks % TimeSpan.TicksPerSecond != 0 || value.TotalSeconds < minimum || value.TotalSeconds > maximum)
            throw new ArgumentOutOfRangeException(member, value, $"must be whole seconds from {minimum} to {maximum}");
    }

    private static void Defined<T>(T value, string member)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(member, value, $"is no {typeof(T).Name}");
    }
}
