using System.Diagnostics;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The sample with a probe of a product's own, as its README says to run it.</summary>
public sealed class OwnProbeSampleTests() : TrafficTest(servers: 3)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ilb").FullName;

    private string ConfigurationPath => Path.Combine(_folder, "example.json");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_product_takes_out_servers_by_a_probe_of_its_own()
    {
        foreach (var (number, jobs) in ((int, string)[])[(1, "5 "), (2, "500 ")])
            Hold(EchoServer.Tcp(Net.Servers[number - 1], TestNetwork.Server(number), 7000, jobs));
        var words = Sample.CommandLine("OwnProbe", ConfigurationPath, $"{TestNetwork.Vip}:80", $"{TestNetwork.Server(1)}:7000", $"{TestNetwork.Server(2)}:7000", $"{TestNetwork.Server(3)}:7000");
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", Net.Balancer.Name, .. words]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var expected = new HashSet<string> { "_web.0 is alive", "_web.1 is dead: 500 jobs wait, at most 100 may", "_web.2 is dead: probe 'queue' failed: Connection refused" };
        while (expected.Count > 0)
            expected.Remove(await process.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(Command.Limit, Cancellation) ?? throw new InvalidOperationException($"it ended before it said {string.Join(", ", expected)}"));
        process.StandardInput.Close();
        await process.WaitForExitAsync(Cancellation).WaitAsync(Command.Limit, Cancellation);
        Assert.Equal(0, process.ExitCode);
        Assert.Equal([1, 0, 0], (await Ipvs.GetDestinationsAsync(Vip(Netlink.Ipvs.IpvsProtocol.Tcp, 80), Cancellation)).OrderBy(static state => state.Destination.Address.ToString(), StringComparer.Ordinal).Select(static state => state.Destination.Weight));
    }
}
