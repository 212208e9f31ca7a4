// Updates the servers of a rule one by one, without a failed request:  RollingUpdate CONFIGURATION RULE SECONDS COMMAND [ARGUMENT…]
using System.ComponentModel;
using System.Diagnostics;
using Ilb;

if (args is not [var path, var rule, var seconds, var command, .. var arguments] || !Duration.TryParse(seconds, out var limit))
{
    Console.Error.WriteLine("usage: RollingUpdate CONFIGURATION RULE SECONDS COMMAND [ARGUMENT…]; COMMAND gets the server's address as its last argument");
    return 1;
}

try
{
    // The daemon where it runs; else a load balancer in this process.
    await using var balancer = await LoadBalancer.ConnectAsync(new LoadBalancerOptions { ConfigurationPath = path });
    var configuration = (await balancer.GetConfigurationAsync()).Configuration;
    if (configuration.FindRule(rule) is not { } found)
        throw new IlbException(IlbErrorCode.NoSuchRule, $"there is no rule {rule}");
    var group = configuration.FindServerGroup(found.ServerGroup)!;
    foreach (var server in group.Servers.Where(server => server.Enabled))
    {
        var id = group.IdOf(server);

        // New connections go elsewhere from now on; those it has may end. What lasts longer than the limit is told, and waited for no more.
        foreach (var late in await balancer.DrainAsync([id], limit))
            Console.WriteLine($"{id} still has {late.ActiveConnections} connections in rule {late.Rule}");

        if (await RunAsync($"{server.Address}") is { } failure)
        {
            // It stays out of service, and the others as they are: one server less, no broken one.
            Console.Error.WriteLine($"RollingUpdate: {command} failed on {id} {failure}; it stays disabled, and those behind it are not touched");
            return 1;
        }

        await balancer.EnableServersAsync([id]);
        if (!await IsBackAsync(balancer, id))
        {
            await balancer.DisableServersAsync([id]);
            Console.Error.WriteLine($"RollingUpdate: {id} is not healthy within {seconds} s of its update; it is disabled, and those behind it are not touched");
            return 1;
        }

        Console.WriteLine($"{id} {server.Address} is updated");
    }

    return 0;
}
catch (IlbException e)
{
    Console.Error.WriteLine($"RollingUpdate: {e.Message}");
    return 1;
}

// Why the command failed; null if it did not.
async Task<string?> RunAsync(string address)
{
    try
    {
        using var process = Process.Start(command, [.. arguments, address]);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : $"with status {process.ExitCode}";
    }
    catch (Win32Exception e)
    {
        return $"to start: {e.Message}";
    }
}

// Where somebody checks the servers, their word counts; where nobody does, or the rule has no check, it is in service as soon as it is enabled.
async Task<bool> IsBackAsync(ILoadBalancer balancer, ServerId id)
{
    var start = Stopwatch.GetTimestamp();
    while (true)
    {
        var state = await balancer.GetStateAsync();
        var health = state.Rules.SelectMany(other => other.Servers).Where(other => other.Server == id).Select(other => other.Health);
        if (!state.IsChecked || health.All(result => result is null or { Status: ServerHealth.Alive }))
            return true;
        if (Stopwatch.GetElapsedTime(start) > limit)
            return false;
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }
}
