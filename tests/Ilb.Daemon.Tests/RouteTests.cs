using System.Net;

namespace Ilb.Daemon.Tests;

public sealed class RouteTests
{
    [Fact]
    public async Task The_daemon_says_who_it_is()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var answer = await daemon.Client().GetAsync("/v1/daemon");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"right\":\"change\"", await answer.Content.ReadAsStringAsync());
    }
}
