using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>What ipvsadm 1.31 prints, written down from its output, without a word of ours.</summary>
internal static class IpvsadmText
{
    /// <summary>The lines of <c>ipvsadm -Sn</c>, which are also those that <c>ipvsadm -R</c> takes; it knows no thresholds.</summary>
    public static IEnumerable<string> Saved(Pool pool) =>
        [$"-A {Service(pool.Service.Key)}{Members(pool.Service)}", .. pool.Destinations.Select(destination => Destination(pool.Service.Key, destination))];

    /// <summary>The argument that names a service.</summary>
    public static string Service(IpvsServiceKey key)
    {
        if (key.Address is null)
            return key.Family == AddressFamily.InterNetworkV6 ? $"-f {key.FirewallMark} -6" : $"-f {key.FirewallMark}";
        string flag = key.Protocol switch
        {
            IpvsProtocol.Tcp => "-t",
            IpvsProtocol.Udp => "-u",
            _ => "--sctp-service",
        };
        return $"{flag} {Endpoint(key.Address, key.Port)}";
    }

    public static string Endpoint(IPAddress address, int port) =>
        (address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:" : $"{address}:") + port.ToString(CultureInfo.InvariantCulture);

    private static string Members(IpvsService service)
    {
        string text = $" -s {service.Scheduler}";
        if (service.Persistence is { } persistence)
        {
            text += $" -p {(int)persistence.Timeout.TotalSeconds}";
            if (!persistence.Netmask.IsHost)
                text += $" -M {persistence.Netmask}";
        }

        if (service.PersistenceEngine is { } engine)
            text += $" --pe {engine}";
        if (service.OnePacket)
            text += " -o";
        var flags = Flags(service);
        return flags.Length == 0 ? text : $"{text} -b {string.Join(',', flags)}";
    }

    // sh and mh have names for the first two flags, and then ipvsadm neither prints nor takes the third.
    private static string[] Flags(IpvsService service)
    {
        string[] names = service.Scheduler is "sh" or "mh"
            ? [$"{service.Scheduler}-fallback", $"{service.Scheduler}-port"]
            : ["flag-1", "flag-2", "flag-3"];
        return [.. names.Where((_, i) => ((uint)service.SchedulerOptions & (8u << i)) != 0)];
    }

    private static string Destination(IpvsServiceKey key, IpvsDestination destination)
    {
        string forwarding = destination.Forwarding switch
        {
            IpvsForwarding.Masquerading => "-m",
            IpvsForwarding.DirectRouting => "-g",
            IpvsForwarding.Tunnel => "-i",
            _ => throw new ArgumentOutOfRangeException(nameof(destination)),
        };
        string text = $"-a {Service(key)} -r {Endpoint(destination.Address, destination.Port)} {forwarding} -w {destination.Weight}";
        if (destination.Forwarding != IpvsForwarding.Tunnel)
            return text;
        string checksum = destination.Tunnel.Checksum switch
        {
            IpvsTunnelChecksum.None => " --tun-nocsum",
            IpvsTunnelChecksum.Full => " --tun-csum",
            _ => " --tun-remcsum",
        };
        return destination.Tunnel.Kind switch
        {
            IpvsTunnelKind.Ipip => $"{text} --tun-type ipip",
            IpvsTunnelKind.Gre => $"{text} --tun-type gre{checksum}",
            _ => $"{text} --tun-type gue --tun-port {destination.Tunnel.Port}{checksum}",
        };
    }
}
