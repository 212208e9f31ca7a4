using System.Globalization;

namespace Ilb.Netlink.Wire;

/// <summary>Makes the exception for bytes that are no valid answer, off the hot path.</summary>
internal static class ProtocolError
{
    public static NetlinkException Make(string format, params object[] values) => new(NetlinkErrorCode.Protocol,
        $"the kernel's answer makes no sense: {string.Format(CultureInfo.InvariantCulture, format, values)}");
}
