using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class AllocationTests
{
    private const int Rounds = 1000;

    private static readonly IpvsService Service = new()
    {
        Key = IpvsServiceKey.ForAddress(IpvsProtocol.Udp, IPAddress.Parse("2001:db8::1"), 5060),
        Scheduler = "twos",
        Persistence = new IpvsPersistence(),
        PersistenceEngine = "sip",
    };

    private static readonly IpvsDestination Destination = new()
    {
        Address = IPAddress.Parse("2001:db8::11"),
        Port = 80,
        Forwarding = IpvsForwarding.Tunnel,
        Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 5580 },
    };

    private static readonly IpvsOperation[] Operations =
    [
        new IpvsOperation.AddService { Service = Service },
        new IpvsOperation.UpdateService { Service = Service },
        new IpvsOperation.RemoveService { Service = Service.Key },
        new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Destination },
        new IpvsOperation.UpdateDestination { Service = Wire.Web, Destination = Destination },
        new IpvsOperation.RemoveDestination { Service = Wire.Web, Address = Destination.Address, Port = 80 },
        new IpvsOperation.ZeroCounters(),
        new IpvsOperation.Flush(),
        new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(9) } },
        new IpvsOperation.StartSyncDaemon { Daemon = new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "eth0", SyncId = 1, Group = IPAddress.Parse("224.0.0.81") } },
        new IpvsOperation.StopSyncDaemon { Role = IpvsSyncRole.Master },
    ];

    [Fact]
    public void Checking_and_writing_operations_allocates_nothing()
    {
        var buffer = new byte[8192];
        Assert.Equal(0, Measure(() =>
        {
            var writer = new NetlinkWriter(buffer);
            foreach (var operation in Operations)
            {
                IpvsCheck.Operation(operation);
                int start = writer.StartMessage(1, 2, 3);
                IpvsWriter.Write(ref writer, operation);
                writer.EndMessage(start);
            }
        }));
    }

    [Fact]
    public void Walking_messages_and_attributes_and_reading_acknowledgements_allocates_nothing()
    {
        var answer = KernelBytes.Join(
            KernelBytes.Message(0x24, 2, 1, IpvsAnswers.Service(Service)), KernelBytes.Message(2, 0x100, 1, BitConverter.GetBytes(-17), new byte[16]));
        Assert.Equal(0, Measure(() =>
        {
            var messages = new NetlinkMessageReader(answer);
            while (messages.MoveNext())
            {
                if (messages.Current.Type == 2)
                {
                    _ = NetlinkAcknowledgement.Read(messages.Current);
                    continue;
                }

                var top = messages.Current.Attributes(4);
                while (top.MoveNext())
                {
                    var nested = top.Nested();
                    while (nested.MoveNext())
                        _ = nested.Payload.Length >= 4 ? nested.UInt32() : nested.UInt16();
                }
            }
        }));
    }

    [Fact]
    public void Decoding_a_service_allocates_no_more_than_its_objects()
    {
        var service = Service with { PersistenceEngine = null };
        var answer = KernelBytes.Message(0x24, 2, 1, IpvsAnswers.Service(service));
        long objects = Measure(() =>
        {
            var key = IpvsServiceKey.ForAddress(IpvsProtocol.Udp, new IPAddress(answer.AsSpan(0, 16)), 5060);
            var copy = new IpvsService { Key = key, Scheduler = "twos", Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(300) } };
            GC.KeepAlive(new IpvsServiceState { Service = copy, Statistics = default });
        });
        Assert.Equal(objects, Measure(() => GC.KeepAlive(IpvsReader.Service(Wire.First(answer)))));
    }

    [Fact]
    public void Decoding_a_destination_allocates_no_more_than_its_objects()
    {
        var state = new IpvsDestinationState { Destination = Destination, ActiveConnections = 1, InactiveConnections = 2, PersistentConnections = 3, Statistics = default };
        var answer = KernelBytes.Message(0x24, 2, 1, IpvsAnswers.Destination(state));
        long objects = Measure(() =>
        {
            var copy = new IpvsDestination { Address = new IPAddress(answer.AsSpan(0, 16)), Port = 80, Tunnel = Destination.Tunnel };
            GC.KeepAlive(new IpvsDestinationState { Destination = copy, ActiveConnections = 1, InactiveConnections = 2, PersistentConnections = 3, Statistics = default });
        });
        Assert.Equal(objects, Measure(() => GC.KeepAlive(IpvsReader.Destination(Wire.First(answer), AddressFamily.InterNetwork))));
    }

    [Fact]
    public void The_measure_sees_an_allocation() => Assert.NotEqual(0, Measure(() => GC.KeepAlive(new object())));

    // Bytes a round. The first rounds make what is made once: compiled code, caches of enum names.
    private static long Measure(Action action)
    {
        for (int i = 0; i < 100; i++)
            action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }
}
