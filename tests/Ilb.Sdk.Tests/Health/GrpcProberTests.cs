using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ilb.Tests;

/// <summary>Against a real HTTP/2 server that answers in gRPC's bytes.</summary>
public sealed class GrpcProberTests : ProbeTest
{
    private readonly GrpcProber _prober;
    private byte[]? _asked;
    private string? _path;

    public GrpcProberTests() => _prober = Use(new GrpcProber(new ProbeNetwork()));

    [Theory]
    [InlineData("00000000020801", "alive")]
    [InlineData("00000000020802", "gRPC health NOT_SERVING, wanted SERVING")]
    [InlineData("00000000020803", "gRPC health SERVICE_UNKNOWN, wanted SERVING")]
    [InlineData("0000000000", "gRPC health UNKNOWN, wanted SERVING")]
    [InlineData("0000000002087f", "gRPC health 127, wanted SERVING")]
    [InlineData("000000000212ff", "answered something that is not gRPC")]
    [InlineData("", "answered something that is not gRPC")]
    public async Task The_status_of_the_answer_decides(string answer, string outcome) => Assert.Equal(outcome, await RunAsync(null, answer));

    [Fact]
    public async Task It_asks_for_the_service()
    {
        await RunAsync("shop.Orders", "00000000020801");
        Assert.Equal("/grpc.health.v1.Health/Check", _path);
        Assert.Equal([0, 0, 0, 0, 13, 10, 11, .. Encoding.UTF8.GetBytes("shop.Orders")], _asked);
        await RunAsync(null, "00000000020801");
        Assert.Equal([0, 0, 0, 0, 0], _asked);
        await RunAsync(new string('x', 200), "00000000020801");
        Assert.Equal([0, 0, 0, 0, 203, 10, 0xc8, 1], _asked![..8]);
    }

    [Theory]
    [InlineData("5", "gRPC does not know the service")]
    [InlineData("12", "gRPC has no health service")]
    [InlineData("14", "gRPC status 14: not%20yet")]
    public async Task An_error_of_gRPC_is_shown(string status, string reason) => Assert.Equal(reason.Replace("%20", " ", StringComparison.Ordinal), await RunAsync(null, "", status));

    [Fact]
    public async Task An_answer_without_a_status_is_none() =>
        Assert.Equal("answered without a status of gRPC, which no client takes", await RunAsync(null, "00000000020801", null));

    [Fact]
    public async Task What_speaks_no_HTTP_2_and_what_says_nothing_fail()
    {
        var other = Listen(async client =>
        {
            await client.ReceiveAsync(new byte[1000], End);
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), End);
            await ForeverAsync();
        });
        Assert.False((await RunAsync(_prober, new GrpcTest(), other)).IsAlive);
        Assert.Equal("timed out after 1 s waiting for the answer", (await RunAsync(_prober, new GrpcTest(), Listen(_ => ForeverAsync()), TimeSpan.FromSeconds(1))).ToString());
        Assert.Equal("connection refused", (await RunAsync(_prober, new GrpcTest(), ClosedPort())).ToString());
    }

    private async Task<string> RunAsync(string? service, string answer, string? status = "0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Run(async context =>
        {
            _path = context.Request.Path;
            var asked = new MemoryStream();
            await context.Request.Body.CopyToAsync(asked);
            _asked = asked.ToArray();
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(Convert.FromHexString(answer));
            if (status is null)
                return;
            context.Response.AppendTrailer("grpc-status", status);
            context.Response.AppendTrailer("grpc-message", "not%20yet");
        });
        await server.StartAsync();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var outcome = await RunAsync(_prober, new GrpcTest { Service = service }, new Uri(address).Port);
        return outcome.ToString();
    }
}
