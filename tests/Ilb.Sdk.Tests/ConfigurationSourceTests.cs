using System.Net;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>An instance is one configuration: another file under its name would take everything out of the kernel.</summary>
public sealed class ConfigurationSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_file_is_refused_while_the_instance_forwards(bool dryRun)
    {
        await CreateRuleAsync();
        string forwarded = _ipvs.Text;
        await using var other = Open("other.json");
        var refused = await Assert.ThrowsAsync<IlbException>(() => other.ApplyAsync(
            [new CreateServerGroup { ServerGroup = new ServerGroup { Name = "x" } }], new ApplyOptions { DryRun = dryRun }, TestContext.Current.CancellationToken));
        Assert.Equal(IlbErrorCode.InUse, refused.Code);
        Assert.Contains(_folder.File("ilb.json"), refused.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("other.json"), refused.Message, StringComparison.Ordinal);
        Assert.Equal(forwarded, _ipvs.Text);
        Assert.False(File.Exists(_folder.File("other.json")));
    }

    [Fact]
    public async Task Another_file_may_be_used_once_nothing_is_forwarded()
    {
        await CreateRuleAsync();
        await using (var first = Open("ilb.json"))
            await first.DeleteRulesAsync(["web"]);
        await using var other = Open("other.json");
        Assert.True((await other.CreateServerGroupAsync(new ServerGroup { Name = "x" })).Converged);
    }

    [Fact]
    public async Task A_state_that_does_not_say_which_file_takes_any()
    {
        await CreateRuleAsync();
        foreach (string path in Directory.GetFiles(_folder.File("run"), "*.state"))
            await File.WriteAllLinesAsync(path, File.ReadAllLines(path).Where(line => !line.StartsWith("configuration", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        await using var balancer = Open("ilb.json");
        Assert.True((await balancer.DisableRulesAsync(["web"])).Converged);
    }

    private async Task CreateRuleAsync()
    {
        await using var balancer = Open("ilb.json");
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:8080") });
        await balancer.CreateRuleAsync(new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" });
    }

    private LoadBalancer Open(string file) =>
        TestBalancer.Create(new LoadBalancerOptions { ConfigurationPath = _folder.File(file), RuntimeDirectory = _folder.File("run") }, _ipvs);
}
