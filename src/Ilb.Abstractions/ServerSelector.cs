using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Points to a server of a group, by ID or by address. In text, also in JSON, <c>_web.0</c>, <c>10.0.0.1</c>, <c>10.0.0.1:80</c> or <c>[2001:db8::1]:80</c>.</summary>
[JsonConverter(typeof(ServerSelectorConverter))]
public sealed record ServerSelector : IParsable<ServerSelector>
{
    private ServerSelector()
    {
    }

    /// <summary>The ID, or null if the server is named by its address.</summary>
    public ServerId? Id { get; private init; }

    /// <summary>The address, or null if the server is named by its ID.</summary>
    public IPAddress? Address { get; private init; }

    /// <summary>The ports that go with <see cref="Address"/>; null = whichever the server has.</summary>
    public PortRange? Ports { get; private init; }

    /// <summary>The server of this ID.</summary>
    /// <param name="id">The ID.</param>
    public static ServerSelector ById(ServerId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return new ServerSelector { Id = id };
    }

    /// <summary>The server of this address; it must be the only one.</summary>
    /// <param name="address">The address.</param>
    /// <param name="ports">Its ports, where the address alone is ambiguous.</param>
    public static ServerSelector ByAddress(IPAddress address, PortRange? ports = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new ServerSelector { Address = address, Ports = ports };
    }

    /// <summary>Reads an ID or an address.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ServerSelector Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80");
    }

    /// <summary>Reads an ID or an address.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The selector.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out ServerSelector result)
    {
        result = null;
        if (ServerId.TryParse(s, null, out var id))
        {
            result = ById(id);
            return true;
        }

        if (NumericAddress.TryParse(s, out var address))
        {
            result = ByAddress(address);
            return true;
        }

        var colon = s?.LastIndexOf(':') ?? -1;
        // A bare IPv6 address with a port is ambiguous: it stands in [].
        if (colon < 0 || (s![0] != '[' && s.IndexOf(':', StringComparison.Ordinal) != colon) || !NumericAddress.TryParse(s[..colon], out address) || !PortRange.TryParse(s[(colon + 1)..], null, out var ports))
            return false;
        result = ByAddress(address, ports);
        return true;
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Id?.ToString() ?? NumericAddress.WithPorts(Address!, Ports);
}
