namespace Ilb.Cli.Commands;

/// <summary>Ports by number or by the name of a service.</summary>
internal static class ServicePort
{
    /// <summary>Reads a port, a range of ports or the name of a service.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static PortRange Parse(string text, Protocol protocol, Func<string> services)
    {
        if (PortRange.TryParse(text, null, out var ports))
            return ports;
        if (text.Length > 0 && !char.IsAsciiDigit(text[0]) && ServiceNames.Find(text, protocol, services()) is { } port)
            return port;
        throw new FormatException($"{Quote.Of(text)} is neither a port (1-65535) nor the name of a {protocol.ToText()} service");
    }
}
