using Ilb.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Testing.Netlink;

/// <summary>What the kernel puts into the socket's queue, given the requests of the datagram that it answers.</summary>
internal delegate Arrival Reply(IReadOnlyList<SentRequest> sent);

/// <summary>One thing in the receive queue.</summary>
internal sealed record Arrival
{
    /// <summary>A datagram; null for <see cref="Overrun"/> and <see cref="Failure"/>.</summary>
    public byte[]? Datagram { get; init; }

    /// <summary>ENOBUFS.</summary>
    public bool Overrun { get; init; }

    /// <summary>The system call fails.</summary>
    public NetlinkException? Failure { get; init; }

    /// <summary>How long after the one before it comes, on the fake clock.</summary>
    public TimeSpan Delay { get; set; }
}

/// <summary>The words of a script, for <c>using static</c>. A number is the request's place in the datagram that is answered.</summary>
internal static class Replies
{
    private const ushort TypeError = 2, TypeDone = 3, TypeOverrun = 4, TypeNoop = 1;
    private const ushort FlagMulti = 2, FlagInterrupted = 0x10, FlagCapped = 0x100, FlagAttributes = 0x200;

    /// <summary>ENOBUFS: answers were lost.</summary>
    public static readonly Reply Overrun = _ => new Arrival { Overrun = true };

    public static Reply Acknowledge(int request = 0) => sent => Datagram(
        Message(TypeError, FlagCapped, sent[request].Sequence, BitConverter.GetBytes(0), sent[request].Bytes[..16]));

    /// <summary>Acknowledges all, one datagram each, as the kernel does.</summary>
    public static Reply[] AcknowledgeAll(int count) => [.. Enumerable.Range(0, count).Select(Acknowledge)];

    /// <summary>NLMSG_ERROR, with the extended acknowledgement if there is a text or an offset. Capped, it echoes only the request's header.</summary>
    public static Reply Refuse(int errno, int request = 0, string? text = null, int? offset = null, bool capped = true) => sent =>
    {
        var echo = capped ? sent[request].Bytes[..16] : sent[request].Bytes;
        var extension = Extension(text, offset);
        ushort flags = (ushort)((capped ? FlagCapped : 0) | (extension.Length > 0 ? FlagAttributes : 0));
        return Datagram(Message(TypeError, flags, sent[request].Sequence, BitConverter.GetBytes(-errno), echo, extension));
    };

    /// <summary>One message of an answer; its type is the family's.</summary>
    public static Reply Says(params byte[][] body) => sent => Datagram(Message(sent[0].Type, 0, sent[0].Sequence, body));

    /// <summary>One message of a dump.</summary>
    public static Reply Lists(params byte[][] body) => sent => Datagram(Message(sent[0].Type, FlagMulti, sent[0].Sequence, body));

    /// <summary>NLMSG_DONE.</summary>
    public static Reply Done(int errno = 0, string? text = null, int? offset = null) => sent =>
    {
        var extension = Extension(text, offset);
        return Datagram(Message(TypeDone, (ushort)(FlagMulti | (extension.Length > 0 ? FlagAttributes : 0)), sent[0].Sequence, BitConverter.GetBytes(-errno), extension));
    };

    /// <summary>NLMSG_OVERRUN: data lost, said in a message.</summary>
    public static Reply OverrunMessage() => sent => Datagram(Message(TypeOverrun, 0, sent[0].Sequence));

    public static Reply Noop() => sent => Datagram(Message(TypeNoop, 0, sent[0].Sequence));

    /// <summary>Several messages in one datagram.</summary>
    public static Reply Together(params Reply[] replies) => sent => Datagram(Join([.. replies.Select(reply => reply(sent).Datagram!)]));

    /// <summary>With NLM_F_DUMP_INTR.</summary>
    public static Reply Interrupted(Reply reply) => Altered(reply, bytes => bytes[6] |= (byte)FlagInterrupted);

    /// <summary>An answer to an earlier request, which was given up.</summary>
    public static Reply Stale(Reply reply, uint age = 1) => Altered(reply, bytes => BitConverter.TryWriteBytes(bytes.AsSpan(8), BitConverter.ToUInt32(bytes, 8) - age));

    /// <summary>Grown by an attribute that nobody knows, so that it does not fit into a buffer.</summary>
    public static Reply Grown(Reply reply, int length) => sent =>
    {
        var bytes = reply(sent).Datagram!;
        var filling = Join([.. Enumerable.Range(0, length / 32768 + 1).Select(_ => Attribute(0x3ff0, new byte[32760]))]);
        var grown = Join(bytes, filling);
        BitConverter.TryWriteBytes(grown, grown.Length);
        return Datagram(grown);
    };

    public static Reply Bytes(params byte[] bytes) => _ => Datagram(bytes);

    /// <summary>The system call fails.</summary>
    public static Reply Fails(NetlinkException error) => _ => new Arrival { Failure = error };

    /// <summary>The reply comes later, on the fake clock.</summary>
    public static Reply After(TimeSpan delay, Reply reply) => sent => reply(sent) with { Delay = delay };

    public static Reply Altered(Reply reply, Action<byte[]> change) => sent =>
    {
        var arrival = reply(sent);
        change(arrival.Datagram!);
        return arrival;
    };

    private static Arrival Datagram(byte[] bytes) => new() { Datagram = bytes };

    private static byte[] Extension(string? text, int? offset) => Join(
        text is null ? [] : Text(1, text),
        offset is null ? [] : U32(2, (uint)offset));
}
