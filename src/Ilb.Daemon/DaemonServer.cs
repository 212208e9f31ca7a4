using System.Net.Sockets;
using Ilb.Daemon.Access;
using Ilb.Daemon.Http;
using Ilb.Daemon.Routes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ilb.Daemon;

/// <summary>Serves a load balancer on a Unix socket: HTTP/1.1 and JSON, as docs/openapi.json describes it. The load balancer stays its owner's.</summary>
internal sealed class DaemonServer : IAsyncDisposable
{
    private const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly WebApplication _application;
    private readonly Site _site;
    private readonly RequestBodies _bodies;
    private readonly CancellationTokenSource _stopping;
    private readonly ILogger _logger;
    private Task? _end;

    private DaemonServer(WebApplication application, Site site, RequestBodies bodies, CancellationTokenSource stopping, ILogger logger)
    {
        _application = application;
        _site = site;
        _bodies = bodies;
        _stopping = stopping;
        _logger = logger;
    }

    /// <summary>Starts to serve. Whoever calls it holds the instance's lock, so a socket that lies there is left over.</summary>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="balancer">What is served; its audit interval follows the settings of the machine.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="IlbException">The settings of the machine are wrong, or the socket cannot be made.</exception>
    public static async Task<DaemonServer> StartAsync(DaemonServerOptions options, LoadBalancer balancer, CancellationToken cancellationToken = default)
    {
        var logger = options.Balancer.LoggerFactory.CreateLogger("Ilb.Daemon");
        var site = new Site(options, balancer, logger);
        var stopping = new CancellationTokenSource();
        var bodies = new RequestBodies(options);
        var application = Build(options, site, bodies, logger, stopping.Token);
        var server = new DaemonServer(application, site, bodies, stopping, logger);
        try
        {
            if (!options.IsActivated)
                SocketFile.Prepare(options.SocketPath);
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            // Everybody may look; what else somebody may do, the credentials decide.
            if (!options.IsActivated)
                File.SetUnixFileMode(options.SocketPath, All);
        }
        catch (Exception e)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (e is IOException or SocketException or UnauthorizedAccessException)
                throw SocketFile.Error(options.SocketPath, e);
            throw;
        }

        Log.Serving(logger, options.SocketPath);
        return server;
    }

    /// <summary>Takes configuration and settings of the machine as they are saved now: both or none.</summary>
    /// <exception cref="IlbException">One of them is refused; those before go on.</exception>
    public Task<ApplyResult> ReloadAsync(CancellationToken cancellationToken = default) => _site.ReloadAsync(cancellationToken);

    /// <summary>Takes no more requests, ends the streams of events, and waits for the requests that are under way.</summary>
    public Task StopAsync() => _end ??= EndAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _bodies.Dispose();
        _site.Dispose();
        _stopping.Dispose();
    }

    private async Task EndAsync()
    {
        Log.Stopping(_logger);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync().ConfigureAwait(false);
    }

    private static WebApplication Build(DaemonServerOptions options, Site site, RequestBodies bodies, ILogger logger, CancellationToken stopping)
    {
        // Empty: neither files nor environment variables may configure it, and nobody but us listens to signals.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.Replace(ServiceDescriptor.Singleton(options.Balancer.LoggerFactory));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopTimeout);
        var gate = new ConnectionGate(options, new Callers(options));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options, gate));
        builder.Services.RemoveAll<IConnectionListenerFactory>();
        builder.Services.AddSingleton<IConnectionListenerFactory, UnixListenerFactory>();
        var application = builder.Build();
        application.Use(next => new ErrorAnswers(next, logger).RunAsync);
        application.UseRouting();
        DaemonRoute.MapAll(application, new Service(options, site, bodies, new Audit(logger, options.Balancer.TimeProvider), logger, stopping));
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, DaemonServerOptions options, ConnectionGate gate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaximumOtherBody;
        kestrel.Limits.MaxRequestBufferSize = 64 << 10;
        kestrel.Limits.MaxResponseBufferSize = 64 << 10;
        kestrel.Limits.MaxRequestLineSize = 4 << 10;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        kestrel.Limits.MaxRequestHeaderCount = 50;
        kestrel.Limits.RequestHeadersTimeout = options.HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(options.MinimumRate, options.RateGrace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(options.MinimumRate, options.RateGrace);
        if (options.IsActivated)
            kestrel.UseSystemd(Listen);
        else
            kestrel.Listen(SocketFile.EndPoint(options.SocketPath), Listen);

        void Listen(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => gate.RunAsync(connection, next));
        }
    }
}
