namespace Ilb.Tests.Diagnosis;

/// <summary>Tables of /proc, as a real kernel wrote them.</summary>
public sealed class FactTests
{
    [Fact]
    public void Counters_of_connection_tracking_are_summed_over_the_processors()
    {
        const string Table = """
            entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
            0000ed93  00000000 00323fbf 00000000 00000000 00000000 00000000 00000000 00000000 00000a90 00000a90 00000000 00000000  00000000 00000000 00000000 00000000
            0000ed93  00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000  00000000 00000000 00000000 00000000
            """;
        var sums = KernelFactReader.SumColumns(Table);
        Assert.Equal((2705, 2704, 0), (sums["insert_failed"], sums["drop"], sums["early_drop"]));
        Assert.Empty(KernelFactReader.SumColumns(""));
    }

    [Fact]
    public void A_counter_is_found_below_its_name()
    {
        const string Table = """
            TcpExt: SyncookiesSent SyncookiesRecv IPReversePathFilter TCPTimeouts
            TcpExt: 0 0 17 3
            IpExt: InNoRoutes InTruncatedPkts
            IpExt: 5 0
            """;
        Assert.Equal((17, 5, 0), (KernelFactReader.CounterOf(Table, "IPReversePathFilter"), KernelFactReader.CounterOf(Table, "InNoRoutes"), KernelFactReader.CounterOf(Table, "Unknown")));
        Assert.Equal(0, KernelFactReader.CounterOf("TcpExt: IPReversePathFilter\nTcpExt:", "IPReversePathFilter"));
    }
}
