using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>A change that is stopped at any instant: the next engine finds the old or the new configuration, whole, and makes the kernel hold it.</summary>
public sealed class CrashTests : IDisposable
{
    private const string Path = "/var/lib/ilb/ilb.json";

    private static readonly Rule Rule = new() { Name = "a", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };
    private static readonly IpvsService Foreign = new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Udp, IPAddress.Parse("192.0.2.1"), 80), Scheduler = "sed" };

    private static readonly ValueList<Change> Before =
    [
        new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.3:8080") } },
        new CreateRule { Rule = Rule },
        new CreateRule { Rule = Rule with { Name = "b", Ports = 81 } },
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly CrashingFileSystem _files = new();
    private readonly InMemoryIpvs _ipvs = new();

    public static TheoryData<string, ValueList<Change>> Changes => new()
    {
        { "new rules", [new CreateRule { Rule = Rule with { Name = "c", Ports = 82 } }, new CreateRule { Rule = Rule with { Name = "d", Ports = 83 } }] },
        { "no rules", [new DeleteRules { All = true }] },
        { "other servers", [new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.4:8080") }, new RemoveServers { ServerGroup = "web", Servers = [ServerSelector.Parse("_web.0")] }, new DisableServers { Servers = [ServerId.Parse("_web.1")] }] },
        { "another port", [new SetRule { Name = "a", Ports = 82 }, new SetRule { Name = "b", Ports = 80 }] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Killed_at_any_step_it_is_completed_by_the_next_engine(string name, ValueList<Change> changes)
    {
        Assert.NotEmpty(name);
        var (old, next, remains) = await RunAsync(changes, static () => { });
        foreach (var (content, state, ipvs) in remains)
        {
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(folder.File("run"));
            if (state is not null)
                await File.WriteAllTextAsync(folder.File($"run/{StateName}"), state);
            await RecoverAsync(folder, content, ipvs, old, next);
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Without_power_at_any_step_the_next_start_puts_all_of_one_configuration_into_the_kernel(string name, ValueList<Change> changes)
    {
        Assert.NotEmpty(name);
        var disks = new List<byte[]?>();
        var (old, next, _) = await RunAsync(changes, () => disks.AddRange(_files.AfterPowerLoss(Path)));
        Assert.True(disks.Count > 6);
        foreach (var content in disks)
        {
            using var folder = new TemporaryFolder();
            await RecoverAsync(folder, content, WithForeign(new InMemoryIpvs()), old, next);
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_step_of_the_kernel_that_fails_is_made_up_for_by_the_next_change(string name, ValueList<Change> changes)
    {
        Assert.NotEmpty(name);
        var (_, next, remains) = await RunAsync(changes, static () => { });
        var operations = _ipvs.Operations.Count;
        Assert.True(remains.Count > operations);
        for (var failing = 1; failing <= operations; failing++)
        {
            // Refused by the kernel, and with an answer that got lost although it was done.
            foreach (var isLost in (bool[])[false, true])
            {
                using var folder = new TemporaryFolder();
                var ipvs = WithForeign(new InMemoryIpvs());
                await using var balancer = Open(folder, new CrashingFileSystem(), ipvs);
                await balancer.ApplyAsync(Before);
                var step = 0;
                ipvs.Refuse = operation =>
                {
                    if (++step != failing)
                        return 0;
                    return !isLost ? 12 : ipvs.Do(operation) ? throw new IlbException(IlbErrorCode.Timeout, "no answer") : 0;
                };
                Assert.False((await balancer.ApplyAsync(changes)).Converged);
                ipvs.Refuse = static _ => 0;
                Assert.True((await balancer.CreateServerGroupAsync(new ServerGroup { Name = "later" })).Converged);
                Assert.Equal(TextOf(next), ipvs.Text);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_step_of_the_save_that_fails_leaves_everything_as_it_was(int step)
    {
        await using var balancer = Open(_folder, _files, WithForeign(_ipvs));
        await balancer.ApplyAsync(Before);
        var (old, kernel) = ((await balancer.GetConfigurationAsync()).Configuration, _ipvs.Text);
        _files.Rest();
        _files.FailureAt = step;
        Assert.Equal(IlbErrorCode.SaveFailed, (await Assert.ThrowsAsync<IlbException>(() => balancer.DeleteRulesAsync(["a"]))).Code);
        Assert.Equal((old, kernel), ((await balancer.GetConfigurationAsync()).Configuration, _ipvs.Text));
        _files.Rest();
        Assert.True((await balancer.DeleteRulesAsync(["a"])).Converged);
        Assert.Equal(TextOf((await balancer.GetConfigurationAsync()).Configuration), _ipvs.Text);
    }

    [Fact]
    public async Task A_state_that_cannot_be_written_refuses_the_change_and_is_no_obstacle_later()
    {
        await using var balancer = Open(_folder, _files, WithForeign(_ipvs));
        await balancer.ApplyAsync(Before);
        var (old, kernel) = ((await balancer.GetConfigurationAsync()).Configuration, _ipvs.Text);
        var state = _folder.File($"run/{StateName}");
        File.Move(state, _folder.File("kept"));
        Directory.CreateDirectory(state);
        Assert.Equal(IlbErrorCode.SaveFailed, (await Assert.ThrowsAsync<IlbException>(() => balancer.DeleteRulesAsync(["a"]))).Code);
        Assert.Equal((old, kernel), ((await balancer.GetConfigurationAsync()).Configuration, _ipvs.Text));
        Directory.Delete(state);
        File.Move(_folder.File("kept"), state);
        Assert.True((await balancer.DeleteRulesAsync(["a"])).Converged);
        Assert.Equal(TextOf((await balancer.GetConfigurationAsync()).Configuration), _ipvs.Text);
    }

    private string StateName => System.IO.Path.GetFileName(Directory.GetFiles(_folder.File("run"), "*.state").Single());

    // Carries out changes, and keeps what there is before each step of the file and of the kernel: that is what a kill would leave.
    private async Task<(Configuration Old, Configuration Next, List<(byte[]? Content, string? State, InMemoryIpvs Ipvs)> Remains)> RunAsync(
        ValueList<Change> changes, Action onStep)
    {
        var remains = new List<(byte[]? Content, string? State, InMemoryIpvs Ipvs)>();
        await using var balancer = Open(_folder, _files, WithForeign(_ipvs));
        await balancer.ApplyAsync(Before);
        var old = (await balancer.GetConfigurationAsync()).Configuration;
        _ipvs.Operations.Clear();
        _files.OnStep = Keep;
        _ipvs.Refuse = _ =>
        {
            Keep();
            return 0;
        };
        Assert.True((await balancer.ApplyAsync(changes)).Converged);
        Keep();
        // Of the first, the state's last lines may be missing or cut off: the kernel is not touched before they are whole.
        var (content, state, ipvs) = remains[0];
        for (var length = state!.Length - 1; length > 0 && length > state.Length - 60; length--)
            remains.Add((content, state[..length], ipvs));
        return (old, (await balancer.GetConfigurationAsync()).Configuration, remains);

        void Keep()
        {
            onStep();
            remains.Add((_files.Read(Path), File.ReadAllText(_folder.File($"run/{StateName}")), _ipvs.Copy()));
        }
    }

    private static async Task RecoverAsync(TemporaryFolder folder, byte[]? content, InMemoryIpvs ipvs, Configuration old, Configuration next)
    {
        var files = new CrashingFileSystem();
        files.Put(Path, Assert.IsType<byte[]>(content));
        var kernel = ipvs.Copy();
        await using var balancer = Open(folder, files, kernel);
        Assert.True((await balancer.ApplyAsync([])).Converged);
        var found = (await balancer.GetConfigurationAsync()).Configuration;
        Assert.Contains(found, new[] { old, next });
        Assert.Equal(TextOf(found), kernel.Text);
    }

    private static LoadBalancer Open(TemporaryFolder folder, CrashingFileSystem files, InMemoryIpvs ipvs) =>
        TestBalancer.Create(folder.Options with { ConfigurationPath = null, Store = new FileConfigurationStore(Path, files, TimeProvider.System) }, ipvs);

    private static InMemoryIpvs WithForeign(InMemoryIpvs ipvs)
    {
        Assert.True(ipvs.Do(new IpvsOperation.AddService { Service = Foreign }));
        return ipvs;
    }

    private static string TextOf(Configuration configuration)
    {
        var ipvs = WithForeign(new InMemoryIpvs());
        var none = new HashSet<IpvsServiceKey>();
        foreach (var planned in Planner.Plan(Compiler.Compile(configuration), new Dictionary<IpvsServiceKey, Observation>(), none, none).Operations)
            Assert.True(ipvs.Do(planned.Operation));
        return ipvs.Text;
    }
}
