using System.Globalization;

namespace Ilb;

/// <summary>Names of ports, as in <c>/etc/services</c>.</summary>
public static class ServiceNames
{
    /// <summary>The port of a service name.</summary>
    /// <param name="name">The name or an alias, as in <c>http</c>.</param>
    /// <param name="protocol">The protocol; SCTP takes TCP's port where it has none of its own.</param>
    /// <param name="services">The text of a services file (services(5)).</param>
    /// <returns>1–65535, or null if the file has no such name.</returns>
    public static int? Find(string name, Protocol protocol, string services)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(services);
        var port = Search(name, protocol, services);
        return port ?? (protocol == Protocol.Sctp ? Search(name, Protocol.Tcp, services) : null);
    }

    private static int? Search(string name, Protocol protocol, string services)
    {
        foreach (var line in services.AsSpan().EnumerateLines())
        {
            var comment = line.IndexOf('#');
            var words = (comment < 0 ? line : line[..comment]).ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[1].Split('/') is not [var number, var transport]
                || !string.Equals(transport, protocol.ToText(), StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if ((words[0] == name || words.AsSpan(2).Contains(name)) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                && port is >= 1 and <= ushort.MaxValue)
            {
                return port;
            }
        }

        return null;
    }
}
