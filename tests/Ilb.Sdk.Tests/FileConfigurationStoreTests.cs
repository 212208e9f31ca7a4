using System.Diagnostics;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class FileConfigurationStoreTests : IDisposable
{
    private const string Path = "/var/lib/ilb/ilb.json";

    private static readonly Configuration Old = new() { ServerGroups = [new ServerGroup { Name = "old" }] };
    private static readonly Configuration New = new() { ServerGroups = [new ServerGroup { Name = "new", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.9") }.WithNumbers()] };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_save_goes_through_a_synced_file_and_a_rename()
    {
        var (files, store) = await WithOld();
        await Save(store, New);
        Assert.Equal(
            ["make folder /var/lib/ilb", "delete /var/lib/ilb/.ilb.json.new", "write /var/lib/ilb/.ilb.json.new", "sync /var/lib/ilb/.ilb.json.new", $"rename /var/lib/ilb/.ilb.json.new {Path}", "sync folder /var/lib/ilb"],
            files.Steps);
        Assert.Equal(files.OwnerOfAll, files.Written);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Power_lost_at_any_step_leaves_the_old_or_the_new_configuration(int step)
    {
        var (files, store) = await WithOld();
        files.PowerLossAt = step;
        await Assert.ThrowsAsync<PowerLossException>(() => Save(store, New));
        Assert.All(files.AfterPowerLoss(Path), content => Assert.Contains(IlbJson.DeserializeConfiguration(content), new[] { Old, New }));
    }

    [Fact]
    public async Task A_save_that_returned_outlives_a_loss_of_power()
    {
        var (files, store) = await WithOld();
        await Save(store, New);
        Assert.All(files.AfterPowerLoss(Path), static content => Assert.Equal(New, IlbJson.DeserializeConfiguration(content)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_step_that_fails_leaves_the_old_configuration_and_no_rubbish(int step)
    {
        var (files, store) = await WithOld();
        files.FailureAt = step;
        var refused = await Assert.ThrowsAsync<IlbException>(() => Save(store, New));
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot save {Path}: No space left on device"), (refused.Code, refused.Message));
        Assert.Equal(Old, (await store.LoadAsync()).Configuration);
        Assert.Equal([Path], files.Names);
        files.Rest();
        await Save(store, New);
        Assert.Equal(New, (await store.LoadAsync()).Configuration);
    }

    [Fact]
    public async Task A_first_file_whose_folder_cannot_be_synced_is_taken_back()
    {
        var files = new CrashingFileSystem { FailureAt = 6 };
        var store = new FileConfigurationStore(Path, files, TimeProvider.System);
        await Assert.ThrowsAsync<IlbException>(() => Save(store, New));
        Assert.Empty(files.Names);
        Assert.Equal(Configuration.Empty, (await store.LoadAsync()).Configuration);
    }

    [Fact]
    public async Task A_file_that_cannot_be_taken_back_is_told()
    {
        var (files, store) = await WithOld();
        files.FailureAt = 6;
        files.FailsOnward = true;
        var refused = await Assert.ThrowsAsync<IlbException>(() => Save(store, New));
        Assert.Equal(
            (IlbErrorCode.SaveFailed, $"cannot save {Path}: the new file is there, but it may not outlive a loss of power, and the old one could not be put back: No space left on device"),
            (refused.Code, refused.Message));
        Assert.Equal(New, (await store.LoadAsync()).Configuration);
    }

    [Fact]
    public async Task A_reason_is_told_once_and_without_the_path()
    {
        var store = new FileConfigurationStore($"/proc/{Environment.ProcessId}/ilb.json");
        var refused = await Assert.ThrowsAsync<IlbException>(() => store.SaveAsync(New, "none"));
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot save /proc/{Environment.ProcessId}/ilb.json: No such file or directory"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task A_file_is_read_again_only_if_it_is_another()
    {
        var store = new FileConfigurationStore(_folder.ConfigurationPath);
        await Save(store, New);
        var saved = await store.LoadAsync();
        Assert.Same(saved, await store.LoadAsync());

        // Of the same length, in its place: its times tell. (A server that stands there twice.)
        var text = await File.ReadAllTextAsync(_folder.ConfigurationPath);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text.Replace("10.0.0.9", "10.0.0.1", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(_folder.ConfigurationPath, DateTime.UnixEpoch);
        await File.WriteAllTextAsync(_folder.File("other.json"), text);
        await Assert.ThrowsAsync<IlbException>(() => store.LoadAsync());

        File.Move(_folder.File("other.json"), _folder.ConfigurationPath, overwrite: true);
        Assert.Equal(saved, await store.LoadAsync());
    }

    [Fact]
    public async Task A_save_over_another_version_is_refused()
    {
        var (_, store) = await WithOld();
        var seen = (await store.LoadAsync()).Version;
        await Save(store, New);
        var refused = await Assert.ThrowsAsync<IlbException>(() => store.SaveAsync(Old, seen));
        Assert.Equal(IlbErrorCode.VersionConflict, refused.Code);
        Assert.Equal(New, (await store.LoadAsync()).Configuration);
    }

    [Fact]
    public async Task A_file_that_is_not_there_yet_is_an_empty_configuration_and_is_made()
    {
        var store = new FileConfigurationStore(_folder.File("a/b/ilb.json"));
        var none = await store.LoadAsync();
        Assert.Equal(Configuration.Empty, none.Configuration);
        var version = await store.SaveAsync(New, none.Version);
        var saved = await store.LoadAsync();
        Assert.Equal((New, version), (saved.Configuration, saved.Version));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(_folder.File("a/b/ilb.json")));
        Assert.Equal([".ilb.json.lock", "ilb.json"], Directory.GetFiles(_folder.File("a/b")).Select(System.IO.Path.GetFileName).Order());
    }

    [Fact]
    public async Task Mode_and_owner_are_kept_and_a_link_stays_a_link()
    {
        var real = _folder.File("real.json");
        await File.WriteAllBytesAsync(real, IlbJson.Serialize(Old));
        File.SetUnixFileMode(real, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        if (Environment.IsPrivilegedProcess)
            await Process.Start("chown", ["12:34", real]).WaitForExitAsync();
        File.CreateSymbolicLink(_folder.ConfigurationPath, "real.json");
        var before = LinuxCalls.Owner(real);

        await Save(new FileConfigurationStore(_folder.ConfigurationPath), New);

        Assert.Equal(before, LinuxCalls.Owner(real));
        Assert.Equal("real.json", new FileInfo(_folder.ConfigurationPath).LinkTarget);
        Assert.Equal(New, IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(real)));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_temporary_file_is_not_followed()
    {
        var victim = _folder.File("victim");
        await File.WriteAllTextAsync(victim, "precious");
        File.CreateSymbolicLink(_folder.File(".ilb.json.new"), victim);
        await Save(new FileConfigurationStore(_folder.ConfigurationPath), New);
        Assert.Equal("precious", await File.ReadAllTextAsync(victim));
    }

    [Fact]
    public async Task Nobody_blocks_a_save_who_can_only_read()
    {
        var store = new FileConfigurationStore(_folder.ConfigurationPath);
        await Save(store, Old);
        using var folder = LinuxCalls.OpenRead(_folder.Path);
        using var file = LinuxCalls.OpenRead(_folder.ConfigurationPath);
        Assert.True(LinuxCalls.TryLock(folder, "") && LinuxCalls.TryLock(file, ""));
        await Save(store, New);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(".ilb.json.lock")));
    }

    [Fact]
    public async Task Two_savers_wait_for_each_other()
    {
        var store = new FileConfigurationStore(_folder.ConfigurationPath);
        Task save;
        using (var held = new LinuxFileSystem().TryLock(_folder.File(".ilb.json.lock")))
        {
            Assert.NotNull(held);
            save = store.SaveAsync(New, "none");
            Assert.False(File.Exists(_folder.ConfigurationPath));
        }

        await save;
        Assert.True(File.Exists(_folder.ConfigurationPath));
    }

    [Theory]
    [InlineData("{ \"format\": 1,\n \"rulez\": [] }", IlbErrorCode.ConfigurationDamaged, ":2: ")]
    [InlineData("", IlbErrorCode.ConfigurationDamaged, ":1: ")]
    [InlineData("{ \"format\": 2 }", IlbErrorCode.ConfigurationNewer, ": it has format 2, this version knows only 1: use a newer version")]
    public async Task A_file_that_cannot_be_understood_is_named_with_its_line(string text, IlbErrorCode code, string message)
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text);
        var refused = await Assert.ThrowsAsync<IlbException>(() => new FileConfigurationStore(_folder.ConfigurationPath).LoadAsync());
        Assert.Equal(code, refused.Code);
        Assert.StartsWith(_folder.ConfigurationPath + message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkdir", "ilb.json", "it is a folder")]
    [InlineData("mkfifo", "ilb.json", "it is no regular file")]
    [InlineData("ln", "-s /dev/zero ilb.json", "it is no regular file")]
    [InlineData("truncate", "-s 67108865 ilb.json", "it is larger than 64 MB")]
    public async Task What_is_no_configuration_in_the_place_of_the_file_is_refused_at_once(string program, string arguments, string reason)
    {
        await Run(program, arguments);
        var store = new FileConfigurationStore(_folder.ConfigurationPath);
        var refused = await Assert.ThrowsAsync<IlbException>(() => store.LoadAsync());
        Assert.Equal((IlbErrorCode.ConfigurationUnreadable, $"cannot read {_folder.ConfigurationPath}: {reason}"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task A_save_over_what_is_no_file_is_refused_at_once()
    {
        await Run("mkfifo", "ilb.json");
        var refused = await Assert.ThrowsAsync<IlbException>(() => new FileConfigurationStore(_folder.ConfigurationPath).SaveAsync(New, "none"));
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot save {_folder.ConfigurationPath}: it is no regular file"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task What_could_not_be_read_again_is_not_saved()
    {
        var file = _folder.File("ilb.json");
        var store = new FileConfigurationStore(file);
        await Save(store, Old);
        var refused = await Assert.ThrowsAsync<IlbException>(() => Save(store, new Configuration { ServerGroups = [new ServerGroup { Name = new string('a', 64 << 20) }] }));
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot save {file}: it would be larger than 64 MB, and could not be read again"), (refused.Code, refused.Message));
        Assert.Equal(Old, (await new FileConfigurationStore(file).LoadAsync(TestContext.Current.CancellationToken)).Configuration);
    }

    [Fact]
    public void A_file_that_says_it_is_empty_is_read_to_its_end() =>
        Assert.NotEmpty(LinuxCalls.ReadRegularFile("/proc/self/status", 1 << 20)!);

    private static async Task<(CrashingFileSystem Files, FileConfigurationStore Store)> WithOld()
    {
        var files = new CrashingFileSystem();
        var store = new FileConfigurationStore(Path, files, TimeProvider.System);
        await Save(store, Old);
        files.Rest();
        return (files, store);
    }

    private static async Task Save(FileConfigurationStore store, Configuration configuration) =>
        await store.SaveAsync(configuration, (await store.LoadAsync()).Version);

    private async Task Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.Path })!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
