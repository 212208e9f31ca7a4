using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>Short words for the values that tests are full of.</summary>
internal static class Make
{
    public static IpvsServiceKey Tcp(string endpoint) => Key(IpvsProtocol.Tcp, endpoint);

    public static IpvsServiceKey Udp(string endpoint) => Key(IpvsProtocol.Udp, endpoint);

    public static IpvsServiceKey Key(IpvsProtocol protocol, string endpoint)
    {
        var parsed = IPEndPoint.Parse(endpoint);
        return IpvsServiceKey.ForAddress(protocol, parsed.Address, (ushort)parsed.Port);
    }

    public static IpvsService Service(IpvsServiceKey key, string scheduler = "rr") => new() { Key = key, Scheduler = scheduler };

    public static IpvsDestination Destination(string endpoint, IpvsForwarding forwarding = IpvsForwarding.Masquerading, int weight = 1)
    {
        var parsed = IPEndPoint.Parse(endpoint);
        return new IpvsDestination { Address = parsed.Address, Port = (ushort)parsed.Port, Forwarding = forwarding, Weight = weight };
    }

    public static IpvsOperation Add(IpvsService service) => new IpvsOperation.AddService { Service = service };

    public static IpvsOperation Add(IpvsServiceKey key, string scheduler = "rr") => Add(Service(key, scheduler));

    public static IpvsOperation Update(IpvsService service) => new IpvsOperation.UpdateService { Service = service };

    public static IpvsOperation Remove(IpvsServiceKey key) => new IpvsOperation.RemoveService { Service = key };

    public static IpvsOperation Add(IpvsServiceKey key, IpvsDestination destination) => new IpvsOperation.AddDestination { Service = key, Destination = destination };

    public static IpvsOperation Update(IpvsServiceKey key, IpvsDestination destination) => new IpvsOperation.UpdateDestination { Service = key, Destination = destination };

    public static IpvsOperation Remove(IpvsServiceKey key, IpvsDestination destination) =>
        new IpvsOperation.RemoveDestination { Service = key, Address = destination.Address, Port = destination.Port };
}
