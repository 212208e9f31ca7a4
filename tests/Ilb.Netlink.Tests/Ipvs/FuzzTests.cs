using System.Net.Sockets;
using FsCheck.Xunit;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Netlink.Tests.Ipvs;

/// <summary>Whatever the bytes: a value or a protocol error; no other exception, no hang, no read past the end (spans see to that by an exception of their own).</summary>
[Properties(Arbitrary = [typeof(IpvsGenerators)], MaxTest = 500)]
public sealed class FuzzTests
{
    private delegate void Read(in NetlinkMessage message);

    private static readonly Read[] Readers =
    [
        (in message) => NetlinkAcknowledgement.Read(message),
        (in message) => IpvsReader.Service(message),
        (in message) => IpvsReader.Destination(message, AddressFamily.InterNetwork),
        (in message) => IpvsReader.Destination(message, AddressFamily.InterNetworkV6),
        (in message) => IpvsReader.Daemon(message),
        (in message) => IpvsReader.Timeouts(message),
        (in message) => IpvsReader.Kernel(message),
        (in message) => RouteMessages.Link(message),
        (in message) => RouteMessages.Address(message),
    ];

    [Property]
    public void Random_bytes(byte[] bytes) => ReadAll(bytes);

    [Property]
    public void Random_bytes_in_a_message(byte[] bytes) => ReadAll(Message(0x24, 2, 1, bytes));

    [Property]
    public void Random_bytes_in_the_nested_attributes(byte[] bytes, byte type) => ReadAll(Message(0x24, 2, 1, GenericHeader(1), Attribute(type % 6, bytes), Nest(1, Attribute(type % 16, bytes)), Nest(2, Attribute(type % 16, bytes))));

    [Property]
    public void Changed_bytes_of_a_service(IpvsServiceState state, ushort position, byte value, byte second) =>
        ReadChanged(Message(0x24, 2, 1, IpvsAnswers.Service(state.Service, state.Statistics)), position, value, second);

    [Property]
    public void Changed_bytes_of_a_destination(IpvsDestinationState state, ushort position, byte value, byte second) =>
        ReadChanged(Message(0x24, 2, 1, IpvsAnswers.Destination(state)), position, value, second);

    [Property]
    public void Changed_bytes_of_a_daemon(IpvsSyncDaemonState state, ushort position, byte value, byte second) =>
        ReadChanged(Message(0x24, 2, 1, IpvsAnswers.Daemon(state)), position, value, second);

    [Property]
    public void Changed_bytes_of_an_acknowledgement(ushort position, byte value, byte second) => ReadChanged(Refusal, position, value, second);

    [Property]
    public void Changed_bytes_of_links_and_addresses(ushort position, byte value, byte second)
    {
        ReadChanged(Link, position, value, second);
        ReadChanged(Address, position, value, second);
    }

    [Fact]
    public void Every_truncation_of_a_valid_answer()
    {
        var statistics = new IpvsStatistics { Connections = 1 };
        byte[][] answers =
        [
            Message(0x24, 2, 1, IpvsAnswers.Service(new IpvsService { Key = Wire.Web, PersistenceEngine = "sip", Persistence = new IpvsPersistence() }, statistics)),
            Message(0x24, 2, 1, IpvsAnswers.Destination(new IpvsDestinationState { Destination = Wire.Server, ActiveConnections = 1, InactiveConnections = 2, PersistentConnections = 3, Statistics = statistics })),
            Message(0x24, 2, 1, IpvsAnswers.Timeouts(1, 2, 3)),
            Message(0x24, 2, 1, IpvsAnswers.Kernel()),
            Refusal,
            Link,
            Address,
        ];
        foreach (var answer in answers)
        {
            for (int length = 0; length < answer.Length; length++)
            {
                var cut = answer[..length];
                ReadAll(cut);
                if (length < 16)
                    continue;
                // And with a header that tells the length as it is.
                BitConverter.TryWriteBytes(cut, length);
                ReadAll(cut);
            }
        }
    }

    [Property(MaxTest = 200)]
    public void A_family_look_up_answered_by_any_bytes(byte[] bytes) => Look(Replies.Bytes(bytes), Replies.Acknowledge());

    [Property(MaxTest = 200)]
    public void A_family_look_up_answered_by_any_attributes(byte[] bytes, byte type) =>
        Look(Replies.Says(GenericHeader(1), Attribute(type % 3, bytes)), Replies.Says(bytes), Replies.Acknowledge());

    [Property(MaxTest = 200)]
    public void Any_call_answered_by_any_bytes(byte[] bytes, byte[] more)
    {
        foreach (var call in new Action<NetlinkConnection>[]
        {
            connection => Execute(connection),
            connection => Dump(connection),
            connection => new IpvsExchange(connection).Apply([new IpvsOperation.Flush(), new IpvsOperation.Flush()], CancellationToken.None),
        })
        {
            var kernel = new ScriptedKernel();
            kernel.Otherwise(_ => [Replies.Bytes(bytes), Replies.Bytes(more)]);
            Try(() => call(kernel.Connect()), NetlinkErrorCode.Timeout);
        }
    }

    [Property(MaxTest = 300)]
    public void Any_line_of_the_connection_table(string? line) => Try(() => IpvsConnectionTable.Parse(line ?? ""));

    [Property(MaxTest = 300)]
    public void Any_change_to_a_line_of_the_connection_table(ushort position, char value)
    {
        char[] line = "TCP C0000202 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED     899 sip abc@example".ToCharArray();
        line[position % line.Length] = value;
        Try(() => IpvsConnectionTable.Parse(new string(line)));
        Try(() => IpvsConnectionTable.Parse(new string(line, 0, position % line.Length)));
    }

    private static byte[] Refusal => Message(2, 0x300, 1, BitConverter.GetBytes(-22), Message(0x24, 5, 1), Text(1, "words"), U32(2, 20));

    private static byte[] Link => Message(16, 0, 1, new byte[16], Text(3, "eth0"), U32(4, 1500), Attribute(1, 2, 0, 0, 0, 0, 1));

    private static byte[] Address => Message(20, 2, 1, [2, 24, 0x80, 0, 1, 0, 0, 0], Attribute(2, 192, 0, 2, 1), Attribute(1, 192, 0, 2, 1), Text(3, "eth0"), U32(8, 0x80), Attribute(6, new byte[16]));

    private static void ReadChanged(byte[] bytes, ushort position, byte value, byte second)
    {
        bytes[position % bytes.Length] = value;
        ReadAll(bytes);
        bytes[(position + second) % bytes.Length] ^= second;
        ReadAll(bytes);
    }

    private static void ReadAll(byte[] bytes)
    {
        foreach (var read in Readers)
        {
            Try(() =>
            {
                var messages = new NetlinkMessageReader(bytes);
                while (messages.MoveNext())
                    read(messages.Current);
            });
        }
    }

    private static void Look(params Reply[] replies)
    {
        var kernel = new ScriptedKernel { AnswersLookUps = false };
        kernel.Answers(replies);
        Try(() => GenericFamily.Resolve(kernel.Connect(), "IPVS"), NetlinkErrorCode.Timeout);
    }

    private static void Execute(NetlinkConnection connection) => new IpvsExchange(connection).Kernel();

    private static void Dump(NetlinkConnection connection) => new IpvsExchange(connection).Services();

    private static void Try(Action action, NetlinkErrorCode other = NetlinkErrorCode.Protocol)
    {
        try
        {
            action();
        }
        catch (NetlinkException e) when (e.Code == NetlinkErrorCode.Protocol || e.Code == other || e.Errno != 0)
        {
        }
    }
}
