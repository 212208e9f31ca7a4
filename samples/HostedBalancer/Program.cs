// A host with a load balancer in it. Each line of the input is the pool that is wanted. Needs root and a kernel with IPVS:  HostedBalancer [CONFIGURATION]
using Ilb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

try
{
    var builder = Host.CreateApplicationBuilder();
    // Why the start failed is said below.
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
    builder.Services.AddIlb(options => (options.Instance, options.ConfigurationPath) = ("hosted-balancer", args.FirstOrDefault()));
    builder.Services.AddHealthChecks().AddIlb();
    builder.Services.AddHostedService<PoolService>().AddHostedService<PoolReport>();
    await builder.Build().RunAsync();
}
catch (Exception e) when (e is IlbException or OptionsValidationException)
{
    Console.Error.WriteLine($"HostedBalancer: {e.Message}");
    Environment.ExitCode = 1;
}

/// <summary>Keeps the pool as each line of the input wants it.</summary>
internal sealed class PoolService(ILoadBalancer balancer, HealthCheckService health, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The reading of a console cannot be cancelled, the waiting can.
        while (await Task.Run(Console.ReadLine, stoppingToken).WaitAsync(stoppingToken) is { } line)
        {
            try
            {
                var wanted = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(ServerSpec.Parse).ToValueList();
                await balancer.UpdateAsync(present => Changes(present, wanted), cancellationToken: stoppingToken);
                var report = await health.CheckHealthAsync(stoppingToken);
                Console.WriteLine($"{report.Status}: {report.Entries["ilb"].Description}");
            }
            catch (Exception e) when (e is FormatException or IlbException)
            {
                Console.Error.WriteLine($"HostedBalancer: {e.Message}");
            }
        }

        lifetime.StopApplication();
    }

    // Decided by what is there, and decided anew if somebody else changes it meanwhile.
    private static List<Change> Changes(Configuration present, ValueList<Server> wanted)
    {
        if (present.FindServerGroup("web") is not { } web)
        {
            return [
                new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = wanted } },
                new CreateRule { Rule = new Rule { Name = "web", Vip = NumericAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
            ];
        }

        var changes = new List<Change>();
        var added = wanted.ExceptBy(web.Servers.Select(KeyOf), KeyOf).ToValueList();
        if (added.Count > 0)
            changes.Add(new AddServers { ServerGroup = "web", Servers = added });
        var removed = web.Servers.ExceptBy(wanted.Select(KeyOf), KeyOf).Select(server => ServerSelector.ById(web.IdOf(server))).ToValueList();
        if (removed.Count > 0)
            changes.Add(new RemoveServers { ServerGroup = "web", Servers = removed });
        return changes;

        static (System.Net.IPAddress?, PortRange?) KeyOf(Server server) => (server.Address, server.Ports);
    }
}

/// <summary>Says what the pool is, whoever changes it.</summary>
internal sealed class PoolReport(ILoadBalancer balancer) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var present in balancer.WatchAsync(stoppingToken))
            Console.WriteLine($"pool: {string.Join(", ", present.Configuration.FindServerGroup("web")?.Servers.Select(server => server.ToString()) ?? [])}");
    }
}
