using Ilb.Testing;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Tests;

/// <summary>What root's commands make in the daemon's folders, the daemon must be able to open.</summary>
public sealed class FolderOwnerTests : IDisposable
{
    private const uint Daemon = 64123;
    private readonly TemporaryFolder _folder = new();

    public FolderOwnerTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        Give(_folder.Path);
        Directory.CreateDirectory(_folder.File("run"));
        Give(_folder.File("run"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_that_root_makes_in_the_daemons_folders_is_the_daemons()
    {
        using var ipvs = new InMemoryIpvs();
        await using (var balancer = TestBalancer.Create(_folder.Options, ipvs))
            await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:80") });
        await using (var balancer = TestBalancer.Create(_folder.Options, ipvs))
        {
            await balancer.CreateRuleAsync(new Rule { Name = "web", Vip = System.Net.IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" });
        }

        var files = Directory.GetFiles(_folder.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });
        Assert.Equal([".ilb.json.lock", "ilb.json", "lock", "state"], files.Select(file => file.EndsWith(".lock", StringComparison.Ordinal) && file.Contains("/run/", StringComparison.Ordinal) ? "lock" : file.EndsWith(".state", StringComparison.Ordinal) ? "state" : Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal((Daemon, Daemon), OwnerOf(file)));
    }

    [Fact]
    public async Task A_file_that_is_there_keeps_its_owner()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, """{"format":1}""");
        using var ipvs = new InMemoryIpvs();
        await using (var balancer = TestBalancer.Create(_folder.Options, ipvs))
            await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web" });
        Assert.Equal((0u, 0u), OwnerOf(_folder.ConfigurationPath));
    }

    [Fact]
    public void A_lock_file_that_lies_there_is_not_given_away()
    {
        // It may be the other name of a file of root's.
        File.WriteAllText(_folder.File("lock"), "");
        LinuxCalls.OpenLock(_folder.File("lock")).Dispose();
        Assert.Equal((0u, 0u), OwnerOf(_folder.File("lock")));
    }

    [Fact]
    public void In_roots_own_folder_everything_stays_roots()
    {
        using var own = new TemporaryFolder();
        LinuxCalls.OpenLock(own.File("lock")).Dispose();
        Assert.Equal((0u, 0u), OwnerOf(own.File("lock")));
    }

    private static (uint, uint) OwnerOf(string path) => (LinuxCalls.Owner(path).User, LinuxCalls.Owner(path).Group);

    private static void Give(string path)
    {
        using SafeFileHandle folder = LinuxCalls.OpenRead(path);
        LinuxCalls.SetOwner(folder, new FileOwner { User = Daemon, Group = Daemon, Mode = UnixFileMode.None }, path);
    }
}
