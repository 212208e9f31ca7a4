using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>
/// Servers in text: <c>host</c>, <c>IP</c>, <c>IP-IP</c>, <c>[v6]</c> or <c>[v6]-[v6]</c>, each with an optional <c>:port</c> or <c>:port-port</c>.
/// A text of digits and dots is an address or an error, never a host name.
/// </summary>
public static class ServerSpec
{
    private static readonly SearchValues<char> Numeric = SearchValues.Create("0123456789.-");

    /// <summary>The most addresses of a span.</summary>
    public const int MaximumSpan = 255;

    /// <summary>Reads servers. A host name stays a name in <see cref="Server.Host"/>, until the change is resolved.</summary>
    /// <param name="text">The text, as in <c>10.0.0.1-10.0.0.9:8080</c>.</param>
    /// <returns>One server; for a span one for each address.</returns>
    /// <exception cref="FormatException">The text is no server; the message says why.</exception>
    public static ValueList<Server> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (hosts, portText) = Split(text);
        PortRange? ports = null;
        if (portText is not null && !PortRange.TryParse(portText, null, out ports))
            throw new FormatException($"'{text}': '{portText}' is not a port (1-65535) or a range of ports such as 8000-8010");
        if (hosts.Length == 0)
            throw new FormatException($"'{text}' names no server");

        if (hosts[0] == '[')
            return Span(text, hosts, hosts.IndexOf("]-[", StringComparison.Ordinal) is var middle and > 0 ? middle + 1 : -1, ports);
        if (hosts.AsSpan().ContainsAnyExcept(Numeric))
        {
            if (!IsHostName(hosts))
                throw new FormatException($"'{text}': '{hosts}' is neither an address nor a host name");
            return [new Server { Host = hosts, Ports = ports }];
        }

        return Span(text, hosts, hosts.IndexOf('-', StringComparison.Ordinal), ports);
    }

    /// <summary>One server in the form that <see cref="Parse"/> reads.</summary>
    /// <param name="server">The server.</param>
    public static string Format(Server server)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (server.Address is not null)
            return NumericAddress.WithPorts(server.Address, server.Ports);
        return server.Ports is null ? server.Host ?? "" : $"{server.Host}:{server.Ports}";
    }

    internal static bool IsHostName(string text) => text.Length <= 253 && char.IsAsciiLetterOrDigit(text[0])
        && !text.AsSpan().ContainsAnyExcept(ObjectName.Characters);

    /// <summary>Takes a text apart into what is before the port and the port.</summary>
    internal static (string Host, string? Ports) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < text.LastIndexOf(']'))
            colon = -1;
        var host = colon < 0 ? text : text[..colon];
        if (!host.StartsWith('[') && host.Contains(':', StringComparison.Ordinal))
            throw new FormatException($"'{text}': an IPv6 address stands in [], as in [2001:db8::1]:80");
        return (host, colon < 0 ? null : text[(colon + 1)..]);
    }

    private static ValueList<Server> Span(string text, string hosts, int dash, PortRange? ports)
    {
        var first = Address(text, dash < 0 ? hosts : hosts[..dash]);
        if (dash < 0)
            return [new Server { Address = first, Ports = ports }];
        var last = Address(text, hosts[(dash + 1)..]);
        if (first.AddressFamily != last.AddressFamily)
            throw new FormatException($"'{text}': a span has addresses of one family");
        var from = ToNumber(first);
        var to = ToNumber(last);
        if (to < from)
            throw new FormatException($"'{text}': the span is upside down");
        if (to - from >= MaximumSpan)
            throw new FormatException($"'{text}': a span has at most {MaximumSpan} addresses");
        var servers = new Server[(int)(to - from) + 1];
        for (var i = 0; i < servers.Length; i++)
            servers[i] = new Server { Address = FromNumber(from + (UInt128)i, first.AddressFamily), Ports = ports };
        return ValueList.Create<Server>(servers);
    }

    private static IPAddress Address(string text, string part) =>
        NumericAddress.TryParse(part, out var address) ? address : throw new FormatException($"'{text}': '{part}' is not an IPv4 or IPv6 address");

    internal static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(address.AddressFamily == AddressFamily.InterNetworkV6 ? bytes : bytes[12..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress FromNumber(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(family == AddressFamily.InterNetworkV6 ? bytes : bytes[12..]);
    }
}
