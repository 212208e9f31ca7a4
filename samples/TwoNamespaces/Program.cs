// Two load balancers in one program, each in a network namespace of its own. Needs root and a kernel with IPVS:  TwoNamespaces FOLDER NAMESPACE NAMESPACE
using Ilb;

if (args is not [var folder, var left, var right])
{
    Console.Error.WriteLine("usage: TwoNamespaces FOLDER NAMESPACE NAMESPACE, such as TwoNamespaces /tmp /run/netns/blue /run/netns/green");
    return 1;
}

try
{
    // Each has a configuration of its own; its lock and its notes are its namespace's anyway.
    await using var blue = Open("blue", left);
    await using var green = Open("green", right);

    // The same address in both: they are different networks. Nothing is changed in one that would be refused in the other.
    (LoadBalancer Balancer, Change[] Changes)[] pools = [(blue, Pool("10.1.0.11-10.1.0.12:8080")), (green, Pool("10.2.0.11-10.2.0.13:8080"))];
    foreach (var (balancer, changes) in pools)
        await balancer.PlanAsync(changes);
    foreach (var (balancer, changes) in pools)
        Report(await balancer.ApplyAsync(changes));
    await ShowAsync("created");

    // What one does is nothing to the other.
    Report(await blue.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 9 }));
    Report(await green.DisableServersAsync([ServerId.Parse("_web.0")]));
    await ShowAsync("changed");

    // Out of the kernel, the configuration stays; and back again.
    await blue.WithdrawAsync();
    await ShowAsync("withdrawn");
    Report(await blue.ApplyAsync([]));
    await ShowAsync("put back");

    foreach (var (balancer, _) in pools)
        Report(await balancer.ApplyAsync([new DeleteRules { Names = ["web"] }, new DeleteServerGroup { Name = "web" }]));
    return 0;

    LoadBalancer Open(string name, string space) => LoadBalancer.Create(new LoadBalancerOptions
    {
        Instance = name,
        NetworkNamespace = space,
        ConfigurationPath = Path.Combine(folder, $"{name}.json"),
    });

    static Change[] Pool(string servers) => [
        new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse(servers) } },
        new CreateRule { Rule = new Rule { Name = "web", Vip = NumericAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
    ];

    // The configuration is saved all the same; the next change tries these steps again.
    static void Report(ApplyResult result)
    {
        foreach (var step in result.Steps.Where(step => step.Failure is not null))
            Console.Error.WriteLine($"TwoNamespaces: {step}: {step.Failure!.Message}");
    }

    async Task ShowAsync(string title) => Console.WriteLine($"{title}: blue {await TextAsync(blue)}; green {await TextAsync(green)}");

    static async Task<string> TextAsync(LoadBalancer balancer)
    {
        var rule = (await balancer.GetStateAsync()).Rules[0];
        return $"{rule.Kernel} {string.Join(' ', rule.Servers.Select(server => server.EffectiveWeight?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"))}";
    }
}
catch (IlbException e)
{
    Console.Error.WriteLine($"TwoNamespaces: {e.Message}");
    return 1;
}
