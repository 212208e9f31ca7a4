namespace Ilb;

/// <summary>A rule with everything that decides what the kernel should hold for it.</summary>
internal sealed record RuleCase
{
    /// <summary>A machine without settings of its own.</summary>
    public static NodeSettings DefaultNode { get; } = new();

    public required Rule Rule { get; init; }

    public required ServerGroup Group { get; init; }

    /// <summary>The group that serves while too few of the others are able; null (default) if there is none.</summary>
    public ServerGroup? Sorry { get; init; }

    /// <summary>The machine. Default one without settings.</summary>
    public NodeSettings Node { get; init; } = DefaultNode;

    /// <summary>All servers that may serve it.</summary>
    public IEnumerable<Server> Servers => Sorry is null ? Group.Servers : Group.Servers.Concat(Sorry.Servers);

    /// <summary>The same, each with its group.</summary>
    public IEnumerable<(ServerGroup Group, Server Server)> ServersWithGroup =>
        Group.Servers.Select(server => (Group, server)).Concat(Sorry?.Servers.Select(server => (Sorry, server)) ?? []);

    /// <summary>Those of its sorry group that may serve it; none if it has none.</summary>
    public IEnumerable<Server> SorryServers => Sorry?.Servers.Where(static server => server.Enabled) ?? [];

    /// <summary>Those that it has, in service or not: of its own group all, of its sorry group those that are enabled.</summary>
    public IEnumerable<Server> PresentServers => Group.Servers.Concat(SorryServers);

    /// <summary>How its servers are checked; null (default) if they are not.</summary>
    public HealthCheck? Check { get; init; }

    /// <summary>What is of it besides. Default nothing.</summary>
    public RuleRuntime Runtime { get; init; } = RuleRuntime.None;

    /// <summary>Whether a server that gets no new connections loses those that it has: their time is over, or they have none.</summary>
    public bool IsDrainOver(Server server, DateTimeOffset now) => Drain.IsCut(Rule)
        ? !server.Enabled
        : server.Number is { } number && Runtime.Drains.TryGetValue(number, out var since) && Drain.DeadlineOf(Rule.ConnectionDrain, since) <= now;

    /// <summary>
    /// The same with what becomes of its runtime: a verdict on what is gone, disabled or watched no more is forgotten, and one whose time is over; the sorry group comes and goes; who joins those that serve already begins with a small weight;
    /// who gets no more new connections has its time from now on.
    /// </summary>
    /// <param name="before">What it was; null if it is new.</param>
    /// <param name="now">The present time.</param>
    /// <param name="isKept">Whether somebody is there to raise weights later.</param>
    public RuleCase Following(RuleCase? before, DateTimeOffset now, bool isKept)
    {
        var runtime = WithoutPast(now);
        var able = new Able(this with { Runtime = runtime });
        runtime = runtime.WithSorry(Rule.Enabled && able.IsSorry);
        return this with { Runtime = WithDrains(WithRamps(runtime, isKept ? before : null, able, now), able, now) };
    }

    private RuleRuntime WithoutPast(DateTimeOffset now)
    {
        var runtime = Runtime;
        var isWatched = Rule is { Enabled: true, Health: not null };
        foreach (var number in runtime.Verdicts.Keys)
        {
            if (!isWatched || !IsEnabled(number))
                runtime = runtime.WithVerdict(number, null);
        }

        // Who said it did not ask whether the server is enabled.
        foreach (var (number, verdict) in runtime.Outside)
        {
            if (verdict.IsOver(now) || !Group.Servers.Any(server => server.Number == number))
                runtime = runtime.WithOutside(number, null);
        }

        var isCounted = Rule is { Enabled: true, Passive: not null };
        foreach (var (number, verdict) in runtime.Passive)
        {
            if (!isCounted || !IsEnabled(number))
                runtime = runtime.WithPassive(number, null);
            else if (!verdict.IsAlive && verdict.IsOver(now))
                runtime = runtime.WithPassive(number, verdict with { IsAlive = true });
        }

        return runtime;
    }

    private RuleRuntime WithRamps(RuleRuntime runtime, RuleCase? before, Able able, DateTimeOffset now)
    {
        foreach (var (number, since) in runtime.Ramps)
        {
            if (Rule.SlowStart is not { } time || now - since >= time || now < since || !Group.Servers.Any(server => server.Number == number && able.IsInService(server)))
                runtime = runtime.WithRamp(number, null);
        }

        if (Rule.SlowStart is null || !Rule.Enabled || before is not { Rule.Enabled: true })
            return runtime;
        var was = new Able(before);
        var served = before.Group.Servers.Where(was.IsInService).Select(static server => server.Number).ToHashSet();
        // Where nobody serves, a small weight of all would only be the same as a full one.
        foreach (var server in served.Count == 0 ? [] : Group.Servers.Where(server => able.IsInService(server) && !served.Contains(server.Number)))
            runtime = runtime.WithRamp(server.Number!.Value, now);
        return runtime;
    }

    private RuleRuntime WithDrains(RuleRuntime runtime, Able able, DateTimeOffset now)
    {
        var isTimed = Rule.Enabled && Rule.ConnectionDrain > TimeSpan.Zero;
        foreach (var number in runtime.Drains.Keys)
        {
            if (!isTimed || !Group.Servers.Any(server => server.Number == number && !able.IsInService(server)))
                runtime = runtime.WithDrain(number, null);
        }

        if (!isTimed)
            return runtime;
        // Also where the server or the rule is new: it may come back to connections that it has left, and who wrote down when they were left may have been killed before.
        foreach (var server in Group.Servers)
        {
            // If the clock was set back, the time begins anew, lest it be as much longer.
            if (!able.IsInService(server) && server.Number is { } number && (!runtime.Drains.TryGetValue(number, out var since) || since > now))
                runtime = runtime.WithDrain(number, now);
        }

        return runtime;
    }

    private bool IsEnabled(uint number) => Group.Servers.Any(server => server.Number == number && server.Enabled);
}
