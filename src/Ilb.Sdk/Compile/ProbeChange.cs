using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>The ways of checks before and after.</summary>
internal sealed record ProbeChange
{
    public required ProbeWays Before { get; init; }

    public required ProbeWays After { get; init; }

    /// <summary>The ways that may be others now.</summary>
    public required IReadOnlySet<ProbeWay> Ways { get; init; }

    /// <summary>The rules whose checks go otherwise now.</summary>
    public required IReadOnlySet<string> Rules { get; init; }

    /// <summary>Whether no mark was left for some way. Default false.</summary>
    public bool IsShort { get; init; }

    /// <summary>Adds how hidden services differ, null for those that go.</summary>
    /// <param name="difference">How the services of rules differ. What is a rule's own now is not ours to take away.</param>
    public void AddTo(IDictionary<IpvsServiceKey, VirtualService?> difference)
    {
        var after = Ways.Select(After.ServiceOf).OfType<VirtualService>().ToArray();
        foreach (var service in Ways.Select(Before.ServiceOf).OfType<VirtualService>())
            difference.TryAdd(service.Service.Key, null);
        foreach (var service in after)
            difference[service.Service.Key] = service;
    }

    /// <summary>What is asked for beside the services then.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="touched">Gets the objects that may be others now.</param>
    public WantedCompanions AddTo(WantedCompanions wanted, ISet<string> touched) =>
        Rules.Aggregate(wanted, (present, rule) => present.With(rule, Before.SettingsOf(rule), After.SettingsOf(rule), touched));
}
