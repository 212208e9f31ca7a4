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
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>The most addresses of a span.</summary>
    public const int MaximumSpan = 255;

    /// <summary>Reads servers. A host name stays a name in <see cref="Server.Host"/>, until the change is resolved.</summary>
    /// <param name="text">The text, as in <c>10.0.0.1-10.0.0.9:8080</c>.</param>
    /// <returns>One server; for a span one for each address.</returns>
    /// <exception cref="FormatException">The text is no server; the message says why.</exception>
    public static ValueList<Server> Parse(string text) => Parse(text, null);

    /// <summary>Reads servers whose ports may be names of services.</summary>
    /// <param name="text">The text, as in <c>10.0.0.1:http</c>.</param>
    /// <param name="portOf">The port of a service's name, or null if there is no such service; see <see cref="ServiceNames"/>. Null = ports are numbers only.</param>
    /// <returns>One server; for a span one for each address.</returns>
    /// <exception cref="FormatException">The text is no server; the message says why.</exception>
    public static ValueList<Server> Parse(string text, Func<string, int?>? portOf)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (hosts, portText) = Split(text);
        PortRange? ports = null;
        if (portText is not null && !PortRange.TryParse(portText, null, out ports))
            ports = NamedPort(portText, portOf) ?? throw Fault(text, portText, portOf is null ? "is not a port (1-65535) or a range of ports such as 8000-8010" : "is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a service");
        if (hosts.Length == 0)
            throw new FormatException($"{Quote.Of(text)} names no server");

        if (hosts.Contains('[', StringComparison.Ordinal))
            return Span(text, hosts, hosts.IndexOf("]-", StringComparison.Ordinal) is var middle and > 0 ? middle + 1 : hosts.IndexOf("-[", StringComparison.Ordinal), ports);
        if (hosts.AsSpan().ContainsAnyExcept(Numeric))
        {
            if (!IsHostName(hosts))
                throw Fault(text, hosts, "is neither an address nor a host name");
            return [new Server { Host = hosts, Ports = ports }];
        }

        return Span(text, hosts, hosts.IndexOf('-', StringComparison.Ordinal), ports);
    }

    /// <summary>One server in the form that <see cref="Parse(string)"/> reads.</summary>
    /// <param name="server">The server.</param>
    public static string Format(Server server)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (server.Address is not null)
            return NumericAddress.WithPorts(server.Address, server.Ports);
        return server.Ports is null ? server.Host ?? "" : $"{server.Host}:{server.Ports}";
    }

    internal static bool IsHostName(string text) => text.Length <= 253 && char.IsAsciiLetterOrDigit(text[0])
        && !text.AsSpan().ContainsAnyExcept(ObjectName.Characters) && !text.Split('.').All(IsNumber);

    // Resolvers take such texts for addresses: 0x0a000001, 10.1, 012.
    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit) || (label is ['0', 'x' or 'X', ..] && label.AsSpan(2).IndexOfAnyExcept(Hexadecimal) < 0);

    private static PortRange? NamedPort(string text, Func<string, int?>? portOf) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && portOf?.Invoke(text) is { } port ? new PortRange(port) : null;

    private static FormatException Fault(string text, string part, string reason) => text == part ? new($"{Quote.Of(text)} {reason}") : Fault(text, $"{Quote.Of(part)} {reason}");

    private static FormatException Fault(string text, string reason) => new($"{Quote.Of(text)}: {reason}");

    /// <summary>Takes a text apart into what is before the port and the port.</summary>
    private static (string Hosts, string? Ports) Split(string text)
    {
        if (text.Count(static c => c == '[') != text.Count(static c => c == ']'))
            throw Fault(text, "[ and ] do not match");
        var colon = text.LastIndexOf(':');
        if (colon < text.LastIndexOf(']'))
            colon = -1;
        var hosts = colon < 0 ? text : text[..colon];
        if (!hosts.Contains('[', StringComparison.Ordinal) && hosts.Contains(':', StringComparison.Ordinal))
            throw Fault(text, "an IPv6 address stands in [], as in [2001:db8::1]:80");
        return (hosts, colon < 0 ? null : text[(colon + 1)..]);
    }

    private static ValueList<Server> Span(string text, string hosts, int dash, PortRange? ports)
    {
        var first = Address(text, dash < 0 ? hosts : hosts[..dash]);
        if (dash < 0)
            return [new Server { Address = first, Ports = ports }];
        var last = Address(text, hosts[(dash + 1)..]);
        if (first.AddressFamily != last.AddressFamily)
            throw Fault(text, "a span has addresses of one family");
        var from = ToNumber(first);
        var to = ToNumber(last);
        if (to < from)
            throw Fault(text, "the span is upside down");
        if (to - from >= MaximumSpan)
            throw Fault(text, $"a span has at most {MaximumSpan} addresses");
        var servers = new Server[(int)(to - from) + 1];
        for (var i = 0; i < servers.Length; i++)
            servers[i] = new Server { Address = FromNumber(from + (UInt128)i, first.AddressFamily), Ports = ports };
        return ValueList.Create<Server>(servers);
    }

    private static IPAddress Address(string text, string part)
    {
        if (part.StartsWith('[') && !part.EndsWith(']'))
            throw Fault(text, "only :PORT may follow ]");
        if (!part.StartsWith('[') && part.Contains(':', StringComparison.Ordinal))
            throw Fault(text, "an IPv6 address stands in [], as in [2001:db8::1]:80");
        if (NumericAddress.TryParse(part, out var address))
            return address;
        throw part is ['[', .. var inner, ']'] && NumericAddress.TryParseV4(inner, out _) ? Fault(text, "an IPv4 address stands without []") : Fault(text, part, "is not an IPv4 or IPv6 address");
    }

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
