namespace Ilb.Testing;

/// <summary>Random changes as a user makes them: most of one thing, some of all.</summary>
public static class RandomChange
{
    /// <summary>The configuration after one that was not refused.</summary>
    public static Configuration Next(Random random, Configuration configuration)
    {
        while (true)
        {
            try
            {
                return One(random, configuration).ApplyTo(configuration);
            }
            catch (IlbException)
            {
                // Refused: another.
            }
        }
    }

    /// <summary>A change that may be refused.</summary>
    public static Change One(Random random, Configuration configuration)
    {
        var other = Generate.Configuration(random);
        var group = configuration.ServerGroups.Count > 0 ? configuration.ServerGroups[random.Next(configuration.ServerGroups.Count)] : new ServerGroup { Name = "none" };
        var rule = configuration.Rules.Count > 0 ? configuration.Rules[random.Next(configuration.Rules.Count)].Name : "none";
        ValueList<ServerId> server = group.Servers.Count > 0 ? [group.IdOf(group.Servers[random.Next(group.Servers.Count)])] : [new ServerId { ServerGroup = "none", Number = 0 }];
        return random.Next(12) switch
        {
            0 => new ReplaceAll { Configuration = other },
            1 => new CreateServerGroup { ServerGroup = other.ServerGroups[0] with { Name = $"g{random.Next(20)}" } },
            2 => new DeleteServerGroup { Name = group.Name },
            3 => new AddServers { ServerGroup = group.Name, Servers = [.. other.ServerGroups[0].Servers.Select(static server => server with { Number = null })] },
            4 => new RemoveServers { ServerGroup = group.Name, Servers = [ServerSelector.ById(server[0])] },
            5 => new EnableServers { Servers = server },
            6 => new DisableServers { Servers = server },
            7 => new SetServers { Servers = server, Weight = random.Next(5) },
            8 when other.Rules.Count > 0 => new CreateRule { Rule = other.Rules[0] with { Name = $"r{random.Next(20)}", ServerGroup = group.Name } },
            9 => new DeleteRules { Names = [rule] },
            10 => new EnableRules { Names = [rule] },
            11 => new DisableRules { Names = [rule] },
            _ => new SetRule { Name = rule, Ports = random.Next(80, 84), ServerGroup = group.Name },
        };
    }
}
