using System.Diagnostics;
using System.Runtime.InteropServices;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

public sealed class InstanceLockTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("run/ilb.lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Only_its_owner_can_open_it_even_if_an_earlier_version_made_it()
    {
        Directory.CreateDirectory(_folder.File("run"));
        await File.WriteAllTextAsync(Path, "1 ilbadm\n");
        File.SetUnixFileMode(Path, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        using (await Acquire())
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        File.Delete(Path);
        using (await Acquire())
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
    }

    [Fact]
    public async Task A_link_in_its_place_is_refused_and_its_target_left_alone()
    {
        Directory.CreateDirectory(_folder.File("run"));
        var victim = _folder.File("victim");
        await File.WriteAllTextAsync(victim, "precious");
        File.CreateSymbolicLink(Path, victim);
        var refused = await Assert.ThrowsAsync<IlbException>(Acquire);
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot open {Path}: it is a symbolic link"), (refused.Code, refused.Message));
        Assert.Equal("precious", await File.ReadAllTextAsync(victim));
    }

    [Theory]
    [InlineData("mkfifo", "it is no regular file")]
    [InlineData("mkdir", "it is a folder")]
    public async Task What_is_no_file_in_its_place_is_refused(string program, string reason)
    {
        Directory.CreateDirectory(_folder.File("run"));
        using var process = Process.Start(program, [Path]);
        await process.WaitForExitAsync();
        var refused = await Assert.ThrowsAsync<IlbException>(Acquire);
        Assert.Equal((IlbErrorCode.SaveFailed, $"cannot open {Path}: {reason}"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task The_holder_is_named_while_it_holds_the_lock()
    {
        using (await Acquire())
        {
            var refused = await Assert.ThrowsAsync<IlbException>(Acquire);
            Assert.Equal(IlbErrorCode.Locked, refused.Code);
            Assert.Contains($"is held by process {Environment.ProcessId} ", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await File.ReadAllBytesAsync(Path));
    }

    [Fact]
    public async Task A_holder_that_is_dead_is_not_named()
    {
        using (await Acquire())
        {
            using (var file = LinuxCalls.OpenLock(Path))
                RandomAccess.Write(file, "4294967295 ilbadm\n"u8, 0);
            var refused = await Assert.ThrowsAsync<IlbException>(Acquire);
            Assert.Contains("is held by another process, ", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_waits_gets_it_when_it_is_released()
    {
        var held = await Acquire();
        var next = InstanceLock.AcquireAsync(Path, TimeSpan.FromDays(100), TimeProvider.System, null, static _ => { }, CancellationToken.None);
        Assert.False(next.IsCompleted);
        held.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task Who_has_given_up_does_not_keep_it()
    {
        using var gone = new CancellationTokenSource();
        var clock = new FakeTimeProvider();
        using (await Acquire())
        {
            var late = InstanceLock.AcquireAsync(Path, TimeSpan.FromSeconds(10), clock, null, static _ => { }, CancellationToken.None);
            var cancelled = InstanceLock.AcquireAsync(Path, TimeSpan.FromSeconds(10), clock, null, static _ => { }, gone.Token);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            Assert.False(late.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(10));
            var refused = await Assert.ThrowsAsync<IlbException>(() => late);
            Assert.Equal(IlbErrorCode.Locked, refused.Code);
            Assert.EndsWith("waited 10 s: try again later", refused.Message, StringComparison.Ordinal);
        }

        (await InstanceLock.AcquireAsync(Path, TimeSpan.FromMinutes(1), TimeProvider.System, null, static _ => { }, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task Nobody_starves()
    {
        var turns = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var held = await InstanceLock.AcquireAsync(Path, TimeSpan.FromSeconds(10), TimeProvider.System, null, static _ => { }, CancellationToken.None);
                turns++;
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
        })));
        Assert.Equal(400, turns);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x3f)] // 0077
    public async Task Modes_are_the_same_whatever_the_umask(uint umask)
    {
        // One for the whole process: other tests only make files that they own meanwhile.
        var before = UMask(umask);
        try
        {
            using var held = await Acquire();
        }
        finally
        {
            _ = UMask(before);
        }

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path));
        Assert.Equal(
            OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
            File.GetUnixFileMode(_folder.File("run")));
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern uint UMask(uint mask);

    [Fact]
    public async Task To_wait_in_vain_again_and_again_takes_one_thread_and_one_file()
    {
        using var folder = new TemporaryFolder();
        var ipvs = new InMemoryIpvs();
        await using var holder = TestBalancer.Create(folder.Options, ipvs);
        await holder.CreateServerGroupAsync(new ServerGroup { Name = "web" });
        await using var other = TestBalancer.Create(folder.Options with { LockTimeout = TimeSpan.FromMilliseconds(5) }, ipvs);
        for (var i = 0; i < 30; i++)
            Assert.Equal(IlbErrorCode.Locked, (await Assert.ThrowsAsync<IlbException>(() => other.CreateServerGroupAsync(new ServerGroup { Name = "other" }))).Code);
        var path = Directory.GetFiles(folder.File("run"), "*.lock").Single();
        // The holder's and the one wait's.
        Assert.Equal(2, Directory.GetFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget == path));
        await holder.DisposeAsync();
        await other.CreateServerGroupAsync(new ServerGroup { Name = "other" });
    }

    private Task<InstanceLock> Acquire() => InstanceLock.AcquireAsync(Path, TimeSpan.Zero, TimeProvider.System, null, static _ => { }, CancellationToken.None);
}
