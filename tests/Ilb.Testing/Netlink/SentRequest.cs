namespace Ilb.Testing.Netlink;

/// <summary>A request that reached the scripted kernel, checked and decoded without the product's reader.</summary>
internal sealed class SentRequest
{
    private const ushort FlagRequest = 1;

    private SentRequest(byte[] bytes) => Bytes = bytes;

    /// <summary>The whole message, header included.</summary>
    public byte[] Bytes { get; }

    public ushort Type => BitConverter.ToUInt16(Bytes, 4);

    public ushort Flags => BitConverter.ToUInt16(Bytes, 6);

    public uint Sequence => BitConverter.ToUInt32(Bytes, 8);

    /// <summary>struct genlmsghdr: the command.</summary>
    public byte Command => Bytes[16];

    /// <summary>The attributes of a generic netlink request.</summary>
    public IReadOnlyList<SentAttribute> Attributes => AttributesBehind(4);

    public IReadOnlyList<SentAttribute> AttributesBehind(int familyHeader) => SentAttribute.Parse(Bytes.AsSpan(16 + familyHeader));

    /// <summary>The attribute at a path of types.</summary>
    public SentAttribute? Find(params ReadOnlySpan<int> path)
    {
        SentAttribute? found = null;
        foreach (int type in path)
        {
            found = (found is null ? Attributes : found.Nested).SingleOrDefault(attribute => attribute.Type == type);
            if (found is null)
                return null;
        }

        return found;
    }

    /// <summary>The messages of a datagram; bytes that the kernel would not take as requests fail the test.</summary>
    public static IReadOnlyList<SentRequest> Parse(ReadOnlySpan<byte> datagram)
    {
        var requests = new List<SentRequest>();
        while (!datagram.IsEmpty)
        {
            int length = datagram.Length < 16 ? 0 : BitConverter.ToInt32(datagram);
            if (length < 20 || length > datagram.Length || length % 4 != 0)
                throw new InvalidOperationException($"a request of {length} bytes in a datagram of {datagram.Length}");
            var request = new SentRequest(datagram[..length].ToArray());
            if ((request.Flags & FlagRequest) == 0)
                throw new InvalidOperationException("a request lacks NLM_F_REQUEST");
            if (BitConverter.ToUInt32(datagram[12..]) != 0)
                throw new InvalidOperationException("a request is sent from a port other than the socket's");
            requests.Add(request);
            datagram = datagram[length..];
        }

        return requests;
    }
}
