using System.Net;

namespace Ilb.Integration.Tests.Harness;

/// <summary>An ICMP error, and the packet that it is about as the error shows it.</summary>
/// <param name="Kind">Its type and code.</param>
/// <param name="From">Who says so.</param>
/// <param name="Source">Whose packet it was.</param>
/// <param name="Destination">Where that packet went.</param>
public sealed record IcmpError((byte Type, byte Code) Kind, IPAddress From, IPEndPoint Source, IPEndPoint Destination)
{
    public static (byte, byte) PortUnreachable4 => (3, 3);

    public static (byte, byte) PortUnreachable6 => (1, 4);

    public static (byte, byte) FragmentationNeeded4 => (3, 4);

    public static (byte, byte) TooBig6 => (2, 0);
}
