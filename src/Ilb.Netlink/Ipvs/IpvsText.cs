namespace Ilb.Netlink.Ipvs;

/// <summary>Words of messages.</summary>
internal static class IpvsText
{
    public static string Role(IpvsSyncRole role) => role == IpvsSyncRole.Master ? "master" : "backup";
}
