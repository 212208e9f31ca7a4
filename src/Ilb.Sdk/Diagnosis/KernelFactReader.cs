using System.Globalization;
using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>Reads what is around IPVS in the kernel, to find what is wrong. It changes nothing.</summary>
internal sealed class KernelFactReader(INftables nftables, RouteClient route, IpvsClient ipvs, KernelSpace space)
{
    /// <summary>The settings that are looked at.</summary>
    internal static readonly string[] Paths =
    [
        "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv4/conf/*/send_redirects", "net/ipv4/conf/*/rp_filter",
        "net/ipv4/vs/conntrack", "net/ipv4/vs/expire_nodest_conn", "net/ipv4/vs/expire_quiescent_template", "net/ipv4/vs/conn_reuse_mode", "net/ipv4/vs/run_estimation",
        "net/ipv4/vs/drop_entry", "net/ipv4/vs/drop_packet", "net/ipv4/vs/secure_tcp", "net/ipv4/vs/backup_only",
        "net/netfilter/nf_conntrack_count", "net/netfilter/nf_conntrack_max",
    ];

    /// <param name="addresses">The addresses that matter.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<KernelFacts> ReadAsync(IReadOnlyCollection<IPAddress> addresses, CancellationToken cancellationToken)
    {
        var (filter, failure) = await ReadFilterAsync().ConfigureAwait(false);
        IPAddress[] asked = [.. addresses.Distinct()];
        var routes = asked.Zip(await route.FindRoutesAsync(asked, cancellationToken).ConfigureAwait(false)).ToDictionary(static pair => pair.First, static pair => pair.Second);
        return space.Run(() => new KernelFacts
        {
            Settings = Paths.Select(static path => (Path: path, Value: Settings.Read(path))).Where(static setting => setting.Value is not null).ToDictionary(static setting => setting.Path, static setting => setting.Value!),
            LegacyTables = ReadLegacyTables(),
            TrackingCounters = SumColumns(TextIfPermitted("thread-self/net/stat/nf_conntrack")),
            ReversePathDrops = CounterOf(TextIfPermitted("thread-self/net/netstat"), "IPReversePathFilter"),
        }) with
        {
            Links = await route.GetLinksAsync(cancellationToken).ConfigureAwait(false),
            Addresses = await route.GetAddressesAsync(cancellationToken).ConfigureAwait(false),
            Neighbors = await route.GetNeighborsAsync(cancellationToken).ConfigureAwait(false),
            Routes = routes,
            Filter = filter,
            FilterFailure = failure,
            SyncDaemons = await ipvs.GetSyncDaemonsAsync(cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The sums of the columns of a table with a line for each processor, in hexadecimal, below their names.</summary>
    internal static Dictionary<string, long> SumColumns(string table)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var names = lines.Length == 0 ? [] : Words(lines[0]);
        var sums = names.Distinct().ToDictionary(static name => name, static _ => 0L);
        foreach (var line in lines.Skip(1))
        {
            foreach (var (name, value) in names.Zip(Words(line)))
            {
                if (long.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
                    sums[name] += number;
            }
        }

        return sums;
    }

    /// <summary>A counter of a table that has a line of names and one of values for each of its parts.</summary>
    internal static long CounterOf(string table, string name)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i + 1 < lines.Length; i += 2)
        {
            if (Array.IndexOf(Words(lines[i]), name) is > 0 and var place && Words(lines[i + 1]) is var values && place < values.Length && long.TryParse(values[place], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
        }

        return 0;
    }

    // Who lacks the right to see the names can still see the modules, which are there for all network namespaces.
    private static string[]? ReadLegacyTables()
    {
        try
        {
            return [.. Tables("thread-self/net/ip_tables_names", "iptables"), .. Tables("thread-self/net/ip6_tables_names", "ip6tables")];
        }
        catch (UnauthorizedAccessException)
        {
            return Text("modules") is { } modules && !modules.Contains("iptable_", StringComparison.Ordinal) && !modules.Contains("ip6table_", StringComparison.Ordinal) ? [] : null;
        }
    }

    private static IEnumerable<string> Tables(string path, string program) => Words(Text(path) ?? "").Select(table => $"{program} {table}");

    // Below thread-self it is of this thread's network namespace.
    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText($"/proc/{path}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // What it would tell is not worth to fail for.
    private static string TextIfPermitted(string path)
    {
        try
        {
            return Text(path) ?? "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string[] Words(string text) => text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private async Task<(string? Filter, string? Failure)> ReadFilterAsync()
    {
        try
        {
            return (await nftables.RunAsync("list ruleset\n").ConfigureAwait(false), null);
        }
        catch (IlbException e) when (e.Code != IlbErrorCode.PermissionDenied)
        {
            return (null, e.Message);
        }
    }
}
