// Watches servers by a health probe of the product's own, until standard input ends:  OwnProbe CONFIGURATION VIP:PORT SERVER:PORT…
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb;

if (args is not [var path, var place, _, ..] || !IPEndPoint.TryParse(place, out var vip) || vip.Port == 0)
{
    Console.Error.WriteLine("usage: OwnProbe CONFIGURATION VIP:PORT SERVER:PORT…");
    return 1;
}

try
{
    // The name is what a health check in the configuration calls it by.
    var options = new LoadBalancerOptions { Instance = "own-probe", ConfigurationPath = path, KeepsKernel = true, Probes = { ["queue"] = new QueueProbe() } };
    await using var balancer = LoadBalancer.Create(options);
    using var end = new CancellationTokenSource();
    // On a thread of its own: to read the console is to wait, also where it is called asynchronous.
    _ = Task.Run(() =>
    {
        Console.In.ReadToEnd();
        end.Cancel();
    });
    await using var events = balancer.GetEventsAsync(null, end.Token).GetAsyncEnumerator(end.Token);
    await events.MoveNextAsync();
    await balancer.ReplaceAllAsync(new Configuration
    {
        ServerGroups = [new ServerGroup { Name = "web", Servers = args.Skip(2).SelectMany(server => ServerSpec.Parse(server)).ToValueList() }],
        HealthChecks = [new HealthCheck { Name = "queue", Test = new ProductTest { Probe = "queue" }, DefaultPing = false, Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(300) }],
        Rules = [new Rule { Name = "web", Vip = vip.Address, Ports = vip.Port, Topology = Topology.HalfNat, ServerGroup = "web", Health = new RuleHealth { Check = "queue" } }],
    });
    try
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current is ServerHealthChanged changed)
                Console.WriteLine($"{changed.Server} is {changed.To.ToText()}{(changed.Reason is null ? "" : $": {changed.Reason}")}");
        }
    }
    catch (OperationCanceledException)
    {
        // What the kernel forwards stays.
    }

    return 0;
}
catch (Exception e) when (e is IlbException or FormatException)
{
    Console.Error.WriteLine($"OwnProbe: {e.Message}");
    return 1;
}

/// <summary>Asks a server how many jobs wait there: what can be connected to may still have too much to do.</summary>
internal sealed class QueueProbe : IHealthProbe
{
    private const int Most = 100;

    public async Task<ProbeResult> ProbeAsync(ProbeContext context, CancellationToken cancellationToken)
    {
        // What is thrown here, and the end of the time, make the server dead with that as the reason.
        using var client = new TcpClient(context.Address.AddressFamily);
        await client.ConnectAsync(context.Address, context.Port!.Value, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync("jobs?\n"u8.ToArray(), cancellationToken);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadLineAsync(cancellationToken) ?? "";
        return int.TryParse(answer.Split(' ')[0], CultureInfo.InvariantCulture, out var jobs) && jobs < Most ? ProbeResult.Alive() : ProbeResult.Dead($"{answer.Split(' ')[0]} jobs wait, at most {Most} may");
    }
}
