// Moves a rule from one group of servers to another, whole and at once, and waits for the old one's connections:  BlueGreen CONFIGURATION RULE GROUP [SECONDS]
using Ilb;

if (args is not [var path, var rule, var group, .. var rest] || rest.Length > 1 || (rest is [var seconds] && !Duration.TryParse(seconds, out _)))
{
    Console.Error.WriteLine("usage: BlueGreen CONFIGURATION RULE GROUP [SECONDS]");
    return 1;
}

try
{
    await using var balancer = await LoadBalancer.ConnectAsync(new LoadBalancerOptions { ConfigurationPath = path });
    var present = await balancer.GetConfigurationAsync();
    var before = present.Configuration.FindRule(rule)?.ServerGroup ?? throw new IlbException(IlbErrorCode.NoSuchRule, $"there is no rule {rule}");
    if (before == group)
    {
        Console.WriteLine($"{rule} is served by {group} already");
        return 0;
    }

    // One change: from one moment to the next all new connections go to the new servers. Refused if somebody has changed the configuration since it was read.
    var moved = await balancer.SetRuleAsync(new SetRule { Name = rule, ServerGroup = group }, new ApplyOptions { ExpectedVersion = present.Version });
    Console.WriteLine($"{rule} is served by {group}; {moved.Draining.Sum(server => server.ActiveConnections)} connections of {before} go on; back: BlueGreen {path} {rule} {before}");

    // The old servers may be switched off when they have none any more. Until then the way back is free, too.
    var left = await balancer.WaitForDrainAsync(moved, rest is [var time] ? Duration.Parse(time) : null);
    foreach (var server in left)
        Console.WriteLine($"{server.Server} {server.Address} still has {server.ActiveConnections} connections");
    if (left.Count == 0)
        Console.WriteLine($"{before} has no connections of {rule} any more");
    return left.Count == 0 ? 0 : 3;
}
catch (IlbException e)
{
    Console.Error.WriteLine($"BlueGreen: {e.Message}");
    return 1;
}
