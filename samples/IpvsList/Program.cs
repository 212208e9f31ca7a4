// Prints what `ipvsadm -Ln` prints. Needs root and a kernel with IPVS:  IpvsList [/run/netns/NAME]
using System.Net;
using System.Numerics;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

try
{
    using var ipvs = new IpvsClient(new NetlinkOptions { NetworkNamespace = args.FirstOrDefault() });
    var kernel = await ipvs.GetKernelAsync();
    Console.WriteLine($"IP Virtual Server version {kernel.Version} (size={kernel.ConnectionTableSize})");
    Console.WriteLine("Prot LocalAddress:Port Scheduler Flags");
    Console.WriteLine("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn");

    var pools = from pool in await ipvs.GetPoolsAsync()
                let key = pool.Service.Service.Key
                orderby key.FirewallMark, key.Family, key.Protocol, Number(key.Address), key.Port
                select pool;
    foreach (var pool in pools)
    {
        Console.WriteLine(Describe(pool.Service.Service));
        foreach (var real in pool.Destinations.OrderBy(real => real.Destination.Address.AddressFamily)
            .ThenBy(real => Number(real.Destination.Address)).ThenBy(real => real.Destination.Port))
        {
            var to = real.Destination;
            Console.WriteLine($"  -> {to,-28} {Forward(to),-7} {to.Weight,-6} {real.ActiveConnections,-10} {real.InactiveConnections,-10}");
        }
    }

    return 0;
}
catch (NetlinkException e)
{
    Console.Error.WriteLine($"IpvsList: {e.Message}");
    return 1;
}

static string Describe(IpvsService service)
{
    string[] words = service.Key.ToString().Split(' ', 2);
    string line = $"{words[0],-4} {words[1]} {service.Scheduler}";
    string prefix = service.Scheduler is "sh" or "mh" ? service.Scheduler : "";
    var flags = Enum.GetValues<IpvsSchedulerOptions>().Distinct().Where(flag => flag != 0 && service.SchedulerOptions.HasFlag(flag)).Select(flag => flag switch
    {
        IpvsSchedulerOptions.Fallback => prefix == "" ? "flag-1" : $"{prefix}-fallback",
        IpvsSchedulerOptions.Port => prefix == "" ? "flag-2" : $"{prefix}-port",
        _ => "flag-3",
    });
    if (service.SchedulerOptions != 0)
        line += $" ({string.Join(',', flags)})";
    if (service.Persistence is { } persistence)
    {
        line += $" persistent {persistence.Timeout.TotalSeconds}{(persistence.Netmask.IsHost ? "" : $" mask {persistence.Netmask}")}";
        line += service.PersistenceEngine is { } engine ? $" pe {engine}" : "";
    }

    return line + (service.OnePacket ? " ops" : "");
}

static string Forward(IpvsDestination destination) => destination.Forwarding switch
{
    IpvsForwarding.Masquerading => "Masq",
    IpvsForwarding.DirectRouting => "Route",
    var other => other.ToString(),
};

static BigInteger Number(IPAddress? address) => new(address?.GetAddressBytes() ?? [], isUnsigned: true, isBigEndian: true);
