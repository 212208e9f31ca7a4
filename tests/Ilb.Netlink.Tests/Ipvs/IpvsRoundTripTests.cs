using System.Net;
using System.Net.Sockets;
using FsCheck.Xunit;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Ipvs;

[Properties(Arbitrary = [typeof(IpvsGenerators)], MaxTest = 500)]
public sealed class IpvsRoundTripTests
{
    [Property]
    public void The_kernel_understands_every_operation_as_it_was_meant(IpvsOperation operation) => Assert.Equal(operation, IpvsRequests.Decode(Wire.Sent(operation)));

    [Property]
    public void Every_operation_that_is_generated_can_be_expressed(IpvsOperation operation) => IpvsCheck.Operation(operation);

    [Property]
    public void A_service_that_the_kernel_tells_is_read_right(IpvsServiceState state) =>
        Assert.Equal(state, Wire.ReadService(IpvsAnswers.Service(state.Service, state.Statistics)));

    [Property]
    public void A_service_read_is_the_service_sent(IpvsServiceState state) =>
        Assert.Equal(state.Service, Wire.ReadService(Wire.Body(new IpvsOperation.AddService { Service = state.Service })).Service);

    [Property]
    public void A_destination_that_the_kernel_tells_is_read_right(IpvsDestinationState state) => Assert.Equal(state, Wire.ReadDestination(IpvsAnswers.Destination(state)));

    [Property]
    public void A_destination_read_is_the_destination_sent(IpvsDestinationState state) => Assert.Equal(
        state.Destination, Wire.ReadDestination(Wire.Body(new IpvsOperation.AddDestination { Service = Wire.Web, Destination = state.Destination })).Destination);

    [Property]
    public void A_daemon_that_the_kernel_tells_is_read_right(IpvsSyncDaemonState state) => Assert.Equal(state, Wire.ReadDaemon(IpvsAnswers.Daemon(state)));

    [Property]
    public void Timeouts_are_read_right(uint tcp, uint tcpFin, uint udp) => Assert.Equal(
        new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(tcp), TcpFin = TimeSpan.FromSeconds(tcpFin), Udp = TimeSpan.FromSeconds(udp) },
        Wire.ReadTimeouts(IpvsAnswers.Timeouts(tcp, tcpFin, udp)));

    // Chance need not find each combination: these are all of them.
    [Fact]
    public void All_combinations_of_protocol_family_scheduler_flags_and_persistence_are_understood()
    {
        int count = 0;
        foreach (var key in Keys())
        {
            foreach (string scheduler in IpvsSchedulers.All)
            {
                for (uint flags = 0; flags < 64; flags++)
                {
                    var service = new IpvsService
                    {
                        Key = key,
                        Scheduler = scheduler,
                        SchedulerOptions = (IpvsSchedulerOptions)(flags & 0x38),
                        OnePacket = (flags & 4) != 0,
                        Persistence = (flags & 1) == 0 ? null : new IpvsPersistence { Netmask = IpvsNetmask.FromPrefixLength(24, key.Family) },
                        PersistenceEngine = (flags & 2) == 0 ? null : "sip",
                    };
                    var sent = Wire.Sent(new IpvsOperation.AddService { Service = service });
                    Assert.Equal(service, ((IpvsOperation.AddService)IpvsRequests.Decode(sent)).Service);
                    Assert.Equal(service, Wire.ReadService(IpvsAnswers.Service(service)).Service);
                    count++;
                }
            }
        }

        Assert.Equal(8 * 14 * 64, count);
    }

    [Fact]
    public void All_combinations_of_family_forwarding_and_tunnel_are_understood()
    {
        foreach (var key in Keys())
        {
            foreach (string address in new[] { "10.0.0.11", "2001:db8::11" })
            {
                foreach (var forwarding in Enum.GetValues<IpvsForwarding>())
                {
                    foreach (var kind in Enum.GetValues<IpvsTunnelKind>())
                    {
                        foreach (var checksum in Enum.GetValues<IpvsTunnelChecksum>())
                        {
                            var destination = new IpvsDestination
                            {
                                Address = IPAddress.Parse(address),
                                Port = 80,
                                Forwarding = forwarding,
                                Tunnel = new IpvsTunnel { Kind = kind, Port = 5580, Checksum = checksum },
                            };
                            var operation = new IpvsOperation.UpdateDestination { Service = key, Destination = destination };
                            Assert.Equal(operation, IpvsRequests.Decode(Wire.Sent(operation)));
                        }
                    }
                }
            }
        }
    }

    private static IEnumerable<IpvsServiceKey> Keys() =>
    [
        .. from protocol in Enum.GetValues<IpvsProtocol>()
           from address in new[] { "192.0.2.1", "2001:db8::1" }
           select IpvsServiceKey.ForAddress(protocol, IPAddress.Parse(address), 80),
        IpvsServiceKey.ForFirewallMark(1234),
        IpvsServiceKey.ForFirewallMark(1234, AddressFamily.InterNetworkV6),
    ];
}
