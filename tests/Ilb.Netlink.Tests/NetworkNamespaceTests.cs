using System.Diagnostics;

namespace Ilb.Netlink.Tests;

/// <summary>What needs no other namespace; entering one is tested where there is one.</summary>
public sealed class NetworkNamespaceTests
{
    private const string Own = "/proc/self/ns/net";

    [Fact]
    public void A_path_that_does_not_exist_is_not_found()
    {
        var error = Assert.Throws<NetlinkException>(() => NetworkNamespace.Enter("/run/netns/no such namespace"));
        Assert.Equal(NetlinkErrorCode.NotFound, error.Code);
        Assert.Contains("/run/netns/no such namespace", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/self/status")]
    [InlineData("/proc/self/ns")]
    [InlineData("/proc/self/ns/uts")]
    public void A_path_that_is_no_network_namespace_is_an_invalid_argument(string path)
    {
        // Without CAP_SYS_ADMIN the kernel may refuse before it looks.
        var error = Assert.Throws<NetlinkException>(() => NetworkNamespace.Enter(path));
        Assert.Equal(MayEnter || Directory.Exists(path) ? NetlinkErrorCode.InvalidArgument : error.Code, error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_path_is_needed(string? path) => Assert.ThrowsAny<ArgumentException>(() => NetworkNamespace.Enter(path!));

    [Fact]
    public void What_it_runs_runs_on_its_own_thread_in_order_and_returns()
    {
        using var space = EnterOwn();
        Assert.Equal(Own, space.Path);
        int thread = space.Run(() => Environment.CurrentManagedThreadId);
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
        Assert.Equal(thread, space.Run(() => Environment.CurrentManagedThreadId));
        Assert.Contains("lo:", space.Run(() => File.ReadAllText("/proc/thread-self/net/dev")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_of_what_it_runs_is_thrown_to_the_caller_and_the_next_still_runs()
    {
        using var space = EnterOwn();
        Assert.Equal("mine", Assert.Throws<InvalidDataException>(() => space.Run<int>(() => throw new InvalidDataException("mine"))).Message);
        Assert.Throws<OperationCanceledException>(() => space.Run<int>(() => throw new OperationCanceledException()));
        Assert.Equal(1, space.Run(() => 1));
        Assert.Throws<ArgumentNullException>(() => space.Run<int>(null!));
    }

    [Fact]
    public void It_can_be_left_twice_and_then_runs_nothing()
    {
        var space = EnterOwn();
        var thread = space.Run(() => Thread.CurrentThread);
        space.Dispose();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        space.Dispose();
        Assert.Throws<ObjectDisposedException>(() => space.Run(() => 1));
    }

    [Fact]
    public void What_cannot_be_entered_leaves_no_thread_behind()
    {
        int Threads() => Directory.EnumerateFiles("/proc/self/task", "comm", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Count(file => ReadOrNothing(file).StartsWith("netns /none", StringComparison.Ordinal));
        for (int i = 0; i < 20; i++)
            Assert.Throws<NetlinkException>(() => NetworkNamespace.Enter("/none"));
        long started = Stopwatch.GetTimestamp();
        while (Threads() > 0)
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), "threads stay");
    }

    private static string ReadOrNothing(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    // CapEff bit 21.
    private static bool MayEnter => (Convert.ToUInt64(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal))[7..].Trim(), 16) & (1ul << 21)) != 0;

    private static NetworkNamespace EnterOwn()
    {
        Assert.SkipUnless(MayEnter, "entering a network namespace needs CAP_SYS_ADMIN");
        return NetworkNamespace.Enter(Own);
    }
}
