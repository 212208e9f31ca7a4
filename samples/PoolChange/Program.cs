// Creates a pool of servers, changes it, and reads its state. Needs root and a kernel with IPVS:  PoolChange [CONFIGURATION]
using Ilb;

try
{
    // An instance of its own: beside ilbadm's and those of other products.
    await using var balancer = LoadBalancer.Create(new LoadBalancerOptions { Instance = "pool-change", ConfigurationPath = args.FirstOrDefault() });

    // Several changes at once, whole or not at all.
    Report(await balancer.ApplyAsync([
        new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.11-10.0.0.12:8080") } },
        new CreateRule { Rule = new Rule { Name = "web", Vip = NumericAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
    ]));
    await ShowAsync("created");

    // A new server for a small part of the clients.
    Report(await balancer.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 9 }));
    var added = Report(await balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.13:8080")));
    await ShowAsync("a canary");

    // It does well. An old one gets no new connections, then it goes; a version that is not the expected one would be refused.
    Report(await balancer.DisableServersAsync([ServerId.Parse("_web.0")], new ApplyOptions { ExpectedVersion = added.Version }));
    await ShowAsync("one leaves");
    Report(await balancer.RemoveServersAsync("web", [ServerSelector.Parse("10.0.0.11:8080")]));

    // What is refused says all that is wrong, and changes nothing.
    try
    {
        await balancer.DeleteServerGroupAsync("web");
    }
    catch (IlbException e) when (e.Code == IlbErrorCode.ServerGroupInUse)
    {
        Console.WriteLine($"refused: {e.Message}");
    }

    // A dry run tells the steps.
    var plan = await balancer.ApplyAsync([new DeleteRules { Names = ["web"] }, new DeleteServerGroup { Name = "web" }], new ApplyOptions { DryRun = true });
    Console.WriteLine($"would {string.Join(", then ", plan.Steps)}");
    Report(await balancer.ApplyAsync(plan.Changes));

    // The configuration is saved all the same; the next change tries these steps again.
    static ApplyResult Report(ApplyResult result)
    {
        foreach (var step in result.Steps.Where(step => step.Failure is not null))
            Console.Error.WriteLine($"PoolChange: {step}: {step.Failure!.Message}");
        return result;
    }

    async Task ShowAsync(string title)
    {
        var state = await balancer.GetStateAsync();
        foreach (var rule in state.Rules)
            Console.WriteLine($"{title}: {rule.Rule} {rule.Kernel} {string.Join(", ", rule.Servers.Select(server => $"{server.Server} weight {server.EffectiveWeight}"))}");
    }
}
catch (IlbException e)
{
    Console.Error.WriteLine($"PoolChange: {e.Message}");
    Environment.ExitCode = 1;
}
