using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>The machine's own resolver (getaddrinfo(3)).</summary>
internal sealed class SystemHostResolver : IHostResolver
{
    public async Task<ValueList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false)).ToValueList();
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // The latter for a name that is too long to be one.
            return [];
        }
    }
}
