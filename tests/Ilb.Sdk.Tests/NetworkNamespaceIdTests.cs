using System.Diagnostics;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class NetworkNamespaceIdTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_own_namespace_is_the_same_by_its_path() =>
        Assert.Equal(($"net:[{NetworkNamespaceId.Read(null)}]", NetworkNamespaceId.Read(null)), (new FileInfo("/proc/self/ns/net").LinkTarget, NetworkNamespaceId.Read("/proc/self/ns/net")));

    [Fact]
    public async Task One_that_is_mounted_at_a_path_is_the_same()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        var path = _folder.File("netns");
        await File.WriteAllBytesAsync(path, []);
        Assert.SkipUnless(await Run("mount", "--bind", "/proc/self/ns/net", path) == 0, "mounting is not allowed here");
        try
        {
            Assert.Equal(NetworkNamespaceId.Read(null), NetworkNamespaceId.Read(path));
        }
        finally
        {
            await Run("umount", path);
        }
    }

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public async Task What_is_no_namespace_is_refused_at_once(string program)
    {
        var path = _folder.File("netns");
        Assert.Equal(0, await Run(program, path));
        var refused = Assert.Throws<IlbException>(() => NetworkNamespaceId.Read(path));
        Assert.Equal((IlbErrorCode.InvalidArgument, $"cannot find the network namespace {path}: it is something else"), (refused.Code, refused.Message));
    }

    private static async Task<int> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
