using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>What other programs and administrators may have done to the kernel before us.</summary>
public sealed class StrangerTests : KernelTest
{
    [Fact]
    public async Task A_service_of_a_protocol_without_a_name_hides_nobody_elses()
    {
        var web = Make.Service(Make.Tcp("192.0.2.1:80"));
        await ApplyAsync(Make.Add(web));
        // The kernel takes any protocol over generic netlink.
        using (var connection = new NetlinkConnection(Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol)), NetlinkOptions.Default, GenericFamily.ReceiveBufferLength))
        {
            var none = new NoAnswer();
            connection.Execute(new ServiceOfProtocol(GenericFamily.Resolve(connection, "IPVS"), 51), ref none);
        }

        var services = await Ipvs.GetServicesAsync(Cancellation);
        Assert.Equal(2, services.Count);
        Assert.Contains(services, state => state.Service == web);
        var strange = Assert.Single(services, state => state.Service != web).Service;
        Assert.Equal(((IpvsProtocol)51, "51 192.0.2.1:80"), (strange.Key.Protocol, strange.Key.ToString()));
        await Ipvs.RemoveServiceAsync(strange.Key, Cancellation);
        Assert.Single(await Ipvs.GetServicesAsync(Cancellation));
    }

    [Fact]
    public async Task Batches_go_through_whatever_buffer_sockets_have_by_default()
    {
        using (new SharedSysctl("net/core/wmem_default", "8192"))
            await ApplyAsync(Enumerable.Range(1, 2_000).Select(i => Make.Add(Make.Tcp($"192.0.2.1:{i}"))));

        Assert.Equal(2_000, (await Ipvs.GetServicesAsync(Cancellation)).Count);
    }

    private readonly struct ServiceOfProtocol(ushort family, ushort protocol) : INetlinkRequest
    {
        public ushort MessageType => family;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            IpvsWriter.Header(ref writer, IpvsConstants.Command.NewService);
            int start = writer.StartNested(IpvsConstants.Top.Service);
            writer.WriteUInt16(IpvsConstants.Service.Af, 2);
            writer.WriteUInt16(IpvsConstants.Service.Protocol, protocol);
            writer.WriteBytes(IpvsConstants.Service.Addr, [192, 0, 2, 1]);
            writer.WriteUInt16BigEndian(IpvsConstants.Service.Port, 80);
            writer.WriteString(IpvsConstants.Service.SchedName, "rr");
            writer.WriteBytes(IpvsConstants.Service.Flags, [0, 0, 0, 0, 0, 0, 0, 0]);
            writer.WriteUInt32(IpvsConstants.Service.Timeout, 0);
            writer.WriteUInt32(IpvsConstants.Service.Netmask, uint.MaxValue);
            writer.EndNested(start);
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => new(NetlinkErrorCode.Refused, "refused", acknowledgement.Errno);
    }
}
