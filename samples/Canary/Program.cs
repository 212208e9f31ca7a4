// Gives one server of a group a growing part of the new connections, and takes it back if it fails:  Canary CONFIGURATION SERVER SECONDS PERCENT…
using Ilb;

if (args is not [var path, var name, var seconds, _, ..] || !ServerId.TryParse(name, null, out var canary) || !Duration.TryParse(seconds, out var pause)
    || args.Skip(3).Select(text => int.TryParse(text, out var percent) && percent is > 0 and < 100 ? percent : -1).ToArray() is not { } parts || parts.Contains(-1))
{
    Console.Error.WriteLine("usage: Canary CONFIGURATION SERVER SECONDS PERCENT… with a server such as _web.3 and parts such as 5 20 50");
    return 1;
}

try
{
    await using var balancer = await LoadBalancer.ConnectAsync(new LoadBalancerOptions { ConfigurationPath = path });
    var before = (await balancer.GetConfigurationAsync()).Configuration;
    if (before.FindServerGroup(canary.ServerGroup) is not { } group || group.Servers.All(server => group.IdOf(server) != canary))
        throw new IlbException(IlbErrorCode.NoSuchServer, $"there is no server {canary}");
    var others = group.Servers.Where(server => group.IdOf(server) != canary && server.Enabled).ToArray();
    if (others.Length == 0)
        throw new IlbException(IlbErrorCode.InvalidServer, $"{canary} has nobody beside it");

    // The others share the rest alike: each 100 - P, the canary P times as many as they are.
    foreach (var percent in parts)
    {
        await balancer.ApplyAsync([
            new SetServers { ServerGroup = canary.ServerGroup, Weight = 100 - percent },
            new SetServers { Servers = [canary], Weight = percent * others.Length },
            new EnableServers { Servers = [canary] },
        ]);
        var first = await balancer.GetStatisticsAsync();
        await Task.Delay(pause, TimeProvider.System);
        var (state, last) = (await balancer.GetStateAsync(), await balancer.GetStatisticsAsync());
        Console.WriteLine($"{percent}%: {Count(last) - Count(first)} new connections");
        if (state.Rules.SelectMany(rule => rule.Servers).Where(server => server.Server == canary).Select(server => server.Health).FirstOrDefault(health => health?.Status is ServerHealth.Dead or ServerHealth.Unreachable) is not { } failed)
            continue;

        // As it was: the canary out, the others with their own weights.
        await balancer.ApplyAsync([new DisableServers { Servers = [canary] }, .. group.Servers.Select(server => new SetServers { Servers = [group.IdOf(server)], Weight = server.Weight })]);
        Console.Error.WriteLine($"Canary: {canary} failed: {failed.Reason}; it is disabled, and the others have their weights again");
        return 1;
    }

    // It does as well as the others.
    await balancer.SetServersAsync(new SetServers { ServerGroup = canary.ServerGroup, Weight = 1 });
    Console.WriteLine($"{canary} is one of {others.Length + 1} equal servers");
    return 0;
}
catch (IlbException e)
{
    Console.Error.WriteLine($"Canary: {e.Message}");
    return 1;
}

long Count(LoadBalancerStatistics statistics) => statistics.Rules.SelectMany(rule => rule.Servers).Where(server => server.Server == canary).Sum(server => (long)(server.Counters?.Connections ?? 0));
