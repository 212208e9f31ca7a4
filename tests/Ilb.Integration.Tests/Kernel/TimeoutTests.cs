using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

public sealed class TimeoutTests : KernelTest
{
    /// <summary>moby/ipvs TestTimeouts, and ipvsadm on both sides.</summary>
    [Fact]
    public async Task Timeouts_are_set_each_for_itself()
    {
        await HoldsAsync(900, 120, 300);
        await Ipvs.SetTimeoutsAsync(Timeouts(66, 66, 66), Cancellation);
        await HoldsAsync(66, 66, 66);
        await Ipvs.SetTimeoutsAsync(Timeouts(77, 0, 77), Cancellation);
        await HoldsAsync(77, 66, 77);
        await Ipvs.SetTimeoutsAsync(new IpvsTimeouts { TcpFin = TimeSpan.FromSeconds(5) }, Cancellation);
        await HoldsAsync(77, 5, 77);
        await Ipvs.SetTimeoutsAsync(new IpvsTimeouts(), Cancellation);
        await HoldsAsync(77, 5, 77);
        await Space.IpvsadmAsync("--set 1 2 3");
        await HoldsAsync(1, 2, 3);
    }

    [Fact]
    public async Task The_longest_timeout_is_taken_by_the_kernel()
    {
        await Ipvs.SetTimeoutsAsync(Timeouts(2_147_483, 2_147_483, 2_147_483), Cancellation);
        await HoldsAsync(2_147_483, 2_147_483, 2_147_483);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Ipvs.SetTimeoutsAsync(Timeouts(2_147_484, 0, 0), Cancellation));
    }

    private static IpvsTimeouts Timeouts(int tcp, int tcpFin, int udp) =>
        new() { Tcp = TimeSpan.FromSeconds(tcp), TcpFin = TimeSpan.FromSeconds(tcpFin), Udp = TimeSpan.FromSeconds(udp) };

    private async Task HoldsAsync(int tcp, int tcpFin, int udp)
    {
        Assert.Equal(Timeouts(tcp, tcpFin, udp), await Ipvs.GetTimeoutsAsync(Cancellation));
        Assert.Equal($"Timeout (tcp tcpfin udp): {tcp} {tcpFin} {udp}\n", await Space.IpvsadmAsync("-Ln --timeout"));
    }
}
