using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Ilb.Netlink.Transport;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Hears what the kernel tells of a namespace's packet filter.</summary>
/// <remarks><c>nft monitor</c> garbles ranges in maps, or dies of them (1.0.6).</remarks>
internal sealed class NftListener : IDisposable
{
    private const int NetlinkNetfilter = 12;
    // NFNLGRP_NFTABLES is 7.
    private const uint NftGroup = 1 << 6;
    private const int MessageHeader = 16;
    private const int NetfilterHeader = 4;

    // enum nf_tables_msg_types of include/uapi/linux/netfilter/nf_tables.h.
    private static readonly Dictionary<int, string> Kinds = new()
    {
        [0] = "add table",
        [2] = "delete table",
        [3] = "add chain",
        [5] = "delete chain",
        [6] = "add rule",
        [8] = "delete rule",
        [9] = "add map",
        [11] = "delete map",
        [12] = "add element",
        [14] = "delete element",
        [15] = "transaction",
        [18] = "add counter",
        [20] = "delete counter",
    };

    private readonly SafeFileHandle _socket;

    public NftListener(TestNamespace space) => _socket = space.Run(static () =>
    {
        int descriptor = NativeMethods.Socket(NativeMethods.AddressFamilyNetlink,
            NativeMethods.SocketTypeRaw | NativeMethods.SocketCloseOnExec, NetlinkNetfilter);
        if (descriptor < 0)
            throw SystemCallError.Make("opening a netlink socket");
        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        var address = new NativeMethods.SocketAddress
        {
            Family = NativeMethods.AddressFamilyNetlink,
            Groups = NftGroup,
        };
        return NativeMethods.Bind(socket, address, Unsafe.SizeOf<NativeMethods.SocketAddress>()) == 0
            ? socket
            : throw SystemCallError.Make("binding a netlink socket");
    });

    /// <summary>What was told since the last call: <c>add rule</c> and the message in hexadecimal.</summary>
    /// <remarks>A commit has told everything by the time it is done.</remarks>
    public string[] Read()
    {
        var told = new List<string>();
        var buffer = new byte[1 << 20];
        const int now = NativeMethods.MessageDoNotWait;
        while (NativeMethods.Receive(_socket, buffer, buffer.Length, now) is > 0 and var received)
        {
            for (var rest = buffer.AsSpan(0, (int)received); rest.Length >= MessageHeader;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                var body = rest[(MessageHeader + NetfilterHeader)..length];
                if (Kinds.TryGetValue(rest[4], out var kind))
                    told.Add($"{kind} {Convert.ToHexStringLower(body)}");
                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
            }
        }

        return [.. told];
    }

    public void Dispose() => _socket.Dispose();
}
