using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Ipvs;

/// <summary>Operations to bytes and bytes to values, without a socket.</summary>
internal static class Wire
{
    public static readonly IpvsServiceKey Web = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);

    public static readonly IpvsDestination Server = new() { Address = IPAddress.Parse("10.0.0.11"), Port = 8080 };

    /// <summary>The request of an operation, header included.</summary>
    public static byte[] Request(IpvsOperation operation)
    {
        var writer = new NetlinkWriter(new byte[4096]);
        int start = writer.StartMessage(ScriptedKernel.IpvsFamily, 5, 1);
        IpvsWriter.Write(ref writer, operation);
        writer.EndMessage(start);
        Assert.False(writer.Overflowed);
        return writer.Written.ToArray();
    }

    /// <summary>What follows the netlink header.</summary>
    public static byte[] Body(IpvsOperation operation) => Request(operation)[16..];

    public static SentRequest Sent(IpvsOperation operation) => Assert.Single(SentRequest.Parse(Request(operation)));

    public static IpvsServiceState ReadService(params byte[][] body) => IpvsReader.Service(Message(body));

    public static IpvsDestinationState ReadDestination(params byte[][] body) => IpvsReader.Destination(Message(body), AddressFamily.InterNetwork);

    public static IpvsSyncDaemonState ReadDaemon(params byte[][] body) => IpvsReader.Daemon(Message(body));

    public static IpvsTimeouts ReadTimeouts(params byte[][] body) => IpvsReader.Timeouts(Message(body));

    public static IpvsKernel ReadKernel(params byte[][] body) => IpvsReader.Kernel(Message(body));

    public static NetlinkMessage Message(params byte[][] body) => First(KernelBytes.Message(ScriptedKernel.IpvsFamily, 2, 1, body));

    public static NetlinkMessage First(byte[] bytes)
    {
        var reader = new NetlinkMessageReader(bytes);
        Assert.True(reader.MoveNext());
        return reader.Current;
    }
}
