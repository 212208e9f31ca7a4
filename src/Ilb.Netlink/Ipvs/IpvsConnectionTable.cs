using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>Reads <c>/proc/net/ip_vs_conn</c> (<c>ip_vs_conn_seq_show</c> in net/netfilter/ipvs/ip_vs_conn.c); generic netlink has no such list.</summary>
internal static class IpvsConnectionTable
{
    // The file of the opening thread's namespace; it stays that namespace's once open.
    private const string Path = "/proc/thread-self/net/ip_vs_conn";

    public static IAsyncEnumerable<IpvsConnection> ReadAsync(string? networkNamespace, CancellationToken cancellationToken) =>
        ReadAsync(() => Open(networkNamespace), cancellationToken);

    public static async IAsyncEnumerable<IpvsConnection> ReadAsync(Func<Stream> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(open());
        await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            yield return Parse(line);
    }

    public static IpvsConnection Parse(string line)
    {
        // Pro FromIP FPrt ToIP TPrt DestIP DPrt State Expires PEName PEData, the last two only with a persistence engine, whose data may hold anything.
        var rest = line.AsSpan();
        string protocol = Field(ref rest, line).ToString();
        var client = Address(Field(ref rest, line), line);
        ushort clientPort = Port(Field(ref rest, line), line);
        var address = Address(Field(ref rest, line), line);
        ushort port = Port(Field(ref rest, line), line);
        var destination = Address(Field(ref rest, line), line);
        ushort destinationPort = Port(Field(ref rest, line), line);
        string state = Field(ref rest, line).ToString();
        if (!uint.TryParse(Field(ref rest, line), NumberStyles.None, CultureInfo.InvariantCulture, out uint expires))
            throw Bad(line);
        string? engine = null, data = null;
        if (!rest.Trim(' ').IsEmpty)
        {
            engine = Field(ref rest, line).ToString();
            data = rest.IsEmpty ? "" : rest[1..].ToString();
        }

        return new IpvsConnection
        {
            Protocol = protocol,
            ClientAddress = client,
            ClientPort = clientPort,
            VirtualAddress = address,
            VirtualPort = port,
            DestinationAddress = destination,
            DestinationPort = destinationPort,
            State = state,
            Expires = TimeSpan.FromSeconds(expires),
            PersistenceEngine = engine,
            PersistenceData = data,
        };
    }

    private static FileStream Open(string? networkNamespace)
    {
        try
        {
            if (networkNamespace is null)
                return OpenHere();
            using var space = NetworkNamespace.Enter(networkNamespace);
            return space.Run(OpenHere);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var code = e is UnauthorizedAccessException ? NetlinkErrorCode.PermissionDenied
                : e is FileNotFoundException or DirectoryNotFoundException ? NetlinkErrorCode.Unavailable
                : NetlinkErrorCode.SystemCall;
            throw new NetlinkException(code, code == NetlinkErrorCode.Unavailable
                ? "this kernel has no IPVS: load the module (modprobe ip_vs) or use a kernel with CONFIG_IP_VS"
                : $"cannot read the connection table: {e.Message}", innerException: e);
        }
    }

    private static FileStream OpenHere() => new(Path, new FileStreamOptions { BufferSize = 0 });

    private static ReadOnlySpan<char> Field(ref ReadOnlySpan<char> rest, string line)
    {
        rest = rest.TrimStart(' ');
        int end = rest.IndexOf(' ');
        var field = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return field.IsEmpty ? throw Bad(line) : field;
    }

    // %08X for IPv4, %pI6 (eight groups of four digits) for IPv6.
    private static IPAddress Address(ReadOnlySpan<char> text, string line)
    {
        if (text.Length == 8 && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint bits))
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, bits);
            return new IPAddress(bytes);
        }

        return text.Length == 39 && IPAddress.TryParse(text, out var address) ? address : throw Bad(line);
    }

    private static ushort Port(ReadOnlySpan<char> text, string line) =>
        ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort port) ? port : throw Bad(line);

    private static NetlinkException Bad(string line) => ProtocolError.Make("a line of /proc/net/ip_vs_conn reads '{0}'", line);
}
