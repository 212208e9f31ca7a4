using System.Diagnostics;
using System.Text.Json;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>
/// A network that tests of samples share, and a program on its balancer that runs samples one after the other: one of their own for each
/// would compile most of Ilb again, which takes seconds. Each test leaves the balancer as it was.
/// </summary>
[CollectionDefinition(nameof(SampleSite))]
public sealed class SampleSite : ICollectionFixture<SampleSite>, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ilb").FullName;
    private TestNetwork? _network;
    private IpvsClient? _ipvs;
    private Process? _host;

    public TestNetwork Net => _network ?? throw new InvalidOperationException("not initialised");

    public IpvsClient Ipvs => _ipvs ?? throw new InvalidOperationException("not initialised");

    public string ConfigurationPath => Path.Combine(_folder, "example.json");

    /// <summary>The load balancer of the samples that change what is there.</summary>
    public LoadBalancer OpenBalancer() =>
        LoadBalancer.Create(new LoadBalancerOptions { ConfigurationPath = ConfigurationPath, NetworkNamespace = Net.Balancer.Path });

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync(servers: 3);
        _ipvs = new IpvsClient(_network.Balancer.Options);
        _host = Start("Ilb.SampleHost");
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            _host.StandardInput.Close();
            await _host.WaitForExitAsync().WaitAsync(Command.Limit);
            _host.Dispose();
        }

        _ipvs?.Dispose();
        if (_network is not null)
            await _network.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts a sample as a process of its own on the balancer.</summary>
    public Process Start(string sample, params IEnumerable<string> arguments)
    {
        var words = Sample.CommandLine(sample, arguments);
        var start = new ProcessStartInfo("ip", ["netns", "exec", Net.Balancer.Name, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{sample} did not start");
    }

    /// <summary>Runs a sample on the balancer, without input.</summary>
    public async Task<(int Status, string Output, string Error)> RunAsync(string sample, params IEnumerable<string> arguments)
    {
        await _host!.StandardInput.WriteLineAsync(JsonSerializer.Serialize((string[])[sample, .. arguments]));
        await _host.StandardInput.FlushAsync();
        var answer = await _host.StandardOutput.ReadLineAsync().WaitAsync(Command.Limit)
            ?? throw new InvalidOperationException($"{sample} ended the program that runs samples");
        var words = JsonSerializer.Deserialize<string[]>(answer)!;
        return (int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture), words[1], words[2]);
    }

    /// <summary>Whom the kernel forwards to, by <c>ipvsadm -Sn</c>.</summary>
    public Task<string> SavedAsync() => Net.Balancer.IpvsadmAsync("-Sn");
}
