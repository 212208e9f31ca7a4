using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>Many commands at once. ILB_FULL=1: 50 of each process instead of 4.</summary>
public sealed class ConcurrencyTests : KernelTest
{
    private const int Processes = 8;

    private static readonly int Changes = FullRun.Count(4, full: 50);

    [Fact]
    public async Task Of_changes_that_many_processes_make_at_once_none_is_lost()
    {
        using var ilbadm = new Ilbadm(Space);
        await ilbadm.RunAsync("create-servergroup -s server=10.9.9.9 web");
        await ilbadm.RunAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web");
        var refused = await ilbadm.ScriptAsync($$"""
            for process in $(seq {{Processes}}); do
                (
                    for change in $(seq {{Changes}}); do
                        ilbadm add-server -s server=10.0.$process.$change web || echo "$process $change: $?"
                    done
                ) 2>&1 &
            done
            wait

            """);
        Assert.Equal("", refused);

        var expected = Enumerable.Range(1, Processes).SelectMany(static process => Enumerable.Range(1, Changes).Select(change => $"10.0.{process}.{change}")).Append("10.9.9.9").Order(StringComparer.Ordinal).ToArray();
        var rows = (await ilbadm.RunAsync("show-servergroup -p -o ip_address,serverid")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static row => row.Split(':')).ToArray();
        Assert.Equal(expected, rows.Select(static row => row[0]).Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, expected.Length).Select(static number => $"_web.{number}"), rows.Select(static row => row[1]));
        Assert.Equal(
            expected.Select(static address => $"-a -t 192.0.2.1:80 -r {address}:80 -m -w 1").Prepend("-A -t 192.0.2.1:80 -s wrr").Order(StringComparer.Ordinal),
            (await Space.IpvsadmAsync("-Sn")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim()).Order(StringComparer.Ordinal));
    }
}
