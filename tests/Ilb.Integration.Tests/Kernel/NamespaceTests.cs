using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

namespace Ilb.Integration.Tests.Kernel;

public sealed class NamespaceTests : KernelTest
{
    private static readonly IpvsServiceKey Web = Make.Tcp("192.0.2.1:80");

    [Fact]
    public async Task Services_land_in_the_namespace_of_the_path_and_nowhere_else()
    {
        await using var elsewhere = await TestNamespace.CreateAsync("other");
        using var here = new IpvsClient();
        using var there = new IpvsClient(elsewhere.Options);
        await Ipvs.AddServiceAsync(Make.Service(Web, "sed"), Cancellation);

        Assert.Null(await here.FindServiceAsync(Web, Cancellation));
        Assert.Null(await there.FindServiceAsync(Web, Cancellation));
        Assert.Contains("TCP  192.0.2.1:80 sed\n", await Space.IpvsadmAsync("-Ln"), StringComparison.Ordinal);
        await there.AddServiceAsync(Make.Service(Web, "nq"), Cancellation);
        await there.FlushAsync(Cancellation);
        Assert.Equal("sed", (await Ipvs.FindServiceAsync(Web, Cancellation))?.Service.Scheduler);
    }

    [Fact]
    public async Task A_namespace_goes_by_a_process_of_it_too()
    {
        using var inside = System.Diagnostics.Process.Start("ip", ["netns", "exec", Space.Name, "sleep", "60"]);
        try
        {
            // `ip netns exec` becomes the command, once it has entered the namespace.
            await Eventually.HoldsAsync(async () => Assert.Equal("sleep", (await File.ReadAllTextAsync($"/proc/{inside.Id}/comm", Cancellation)).Trim()));
            using var ipvs = new IpvsClient(new NetlinkOptions { NetworkNamespace = $"/proc/{inside.Id}/ns/net" });
            await ipvs.AddServiceAsync(Make.Service(Web), Cancellation);
            Assert.NotNull(await Ipvs.FindServiceAsync(Web, Cancellation));
        }
        finally
        {
            inside.Kill();
        }
    }

    [Theory]
    [InlineData("/run/netns/nowhere", NetlinkErrorCode.NotFound, "cannot open the network namespace /run/netns/nowhere: ")]
    [InlineData("/etc/passwd", NetlinkErrorCode.InvalidArgument, "/etc/passwd is not a network namespace")]
    [InlineData("/proc/self/ns/mnt", NetlinkErrorCode.InvalidArgument, "/proc/self/ns/mnt is not a network namespace")]
    [InlineData("/run", NetlinkErrorCode.InvalidArgument, "/run is not a network namespace")]
    public async Task A_path_that_is_no_network_namespace_is_refused_by_every_call(string path, NetlinkErrorCode code, string message)
    {
        var options = new NetlinkOptions { NetworkNamespace = path };
        using var ipvs = new IpvsClient(options);
        using var route = new RouteClient(options);
        foreach (Func<Task> call in (Func<Task>[])
        [
            () => ipvs.GetServicesAsync(Cancellation),
            () => ipvs.AddServiceAsync(Make.Service(Web), Cancellation),
            async () => await ipvs.GetConnectionsAsync(Cancellation).FirstOrDefaultAsync(Cancellation),
            () => route.GetAddressesAsync(Cancellation),
        ])
        {
            var error = await Assert.ThrowsAsync<NetlinkException>(call);
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
            Assert.Equal(code, error.Code);
        }
    }
}
