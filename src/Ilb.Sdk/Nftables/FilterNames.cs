using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>How things are called in our table, and what their comments say: by these it is known again.</summary>
internal static class FilterNames
{
    public const string MarkIncoming = "mark_in";
    public const string MarkOwn = "mark_out";
    public const string Translate = "translate";

    /// <summary>The kinds of packets that have a map each: nftables knows no interval of ports that goes for several protocols.</summary>
    public static readonly (Protocol Protocol, bool IsV6)[] Kinds =
        [(Protocol.Tcp, false), (Protocol.Udp, false), (Protocol.Sctp, false), (Protocol.Tcp, true), (Protocol.Udp, true), (Protocol.Sctp, true)];

    /// <summary>The table of an instance. Others than the usual one get a prefix: an instance may be called as somebody's table is.</summary>
    public static string Table(string instance) => instance == "ilb" ? "ilb" : $"ilb-{instance}";

    /// <summary>What says that a table is ours.</summary>
    public static string TableComment(string instance) => $"made by Ilb, instance {instance}";

    public static string Kind(Protocol protocol, bool isV6) => $"{Word(protocol)}{(isV6 ? 6 : 4)}";

    public static string Ports(Protocol protocol, bool isV6) => $"ports_{Kind(protocol, isV6)}";

    public static string Sources(Protocol protocol, bool isV6) => $"sources_{Kind(protocol, isV6)}";

    public static string SourcesOfMarks(bool isV6) => isV6 ? "sources_mark6" : "sources_mark4";

    public static string Mark(uint number) => string.Create(CultureInfo.InvariantCulture, $"mark_{number}");

    public static string Source(uint number) => string.Create(CultureInfo.InvariantCulture, $"source_{number}");

    public static string Counter(uint number) => string.Create(CultureInfo.InvariantCulture, $"rule_{number}");

    public static string Word(Protocol protocol) => protocol switch { Protocol.Udp => "udp", Protocol.Sctp => "sctp", _ => "tcp" };

    public static bool IsV6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;
}
