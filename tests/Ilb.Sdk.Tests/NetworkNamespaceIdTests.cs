using System.Diagnostics;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class NetworkNamespaceIdTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_own_namespace_is_the_same_by_its_path() =>
        Assert.Equal(NetworkNamespaceId.Read(null), NetworkNamespaceId.Read("/proc/self/ns/net"));

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public async Task What_is_no_namespace_is_refused_at_once(string program)
    {
        var path = _folder.File("netns");
        using var process = Process.Start(program, [path]);
        await process.WaitForExitAsync();
        var refused = Assert.Throws<IlbException>(() => NetworkNamespaceId.Read(path));
        Assert.Equal((IlbErrorCode.InvalidArgument, $"cannot find the network namespace {path}: it is something else"), (refused.Code, refused.Message));
    }
}
