using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Looks at everything that may keep traffic from the rules.</summary>
internal sealed class DiagnosisReader(IForwarder forwarder, ISurroundings surroundings, LoadBalancerOptions options)
{
    /// <param name="present">The configuration.</param>
    /// <param name="names">The rules to look at; none = all.</param>
    /// <param name="runtime">What is of the rules besides.</param>
    /// <param name="readHealth">What the health checks found.</param>
    /// <param name="isChecked">Whether somebody checks.</param>
    /// <param name="owned">The services that are ours.</param>
    /// <param name="cancellationToken">Stops the looking.</param>
    public async Task<Diagnosis> ReadAsync(
        ConfigurationSnapshot present,
        IReadOnlyCollection<string> names,
        Runtime runtime,
        Func<string, ServerId, HealthReading?> readHealth,
        bool isChecked,
        IReadOnlySet<IpvsServiceKey> owned,
        CancellationToken cancellationToken)
    {
        var known = present.Configuration.Rules.Select(static rule => rule.Name).ToHashSet();
        if (names.Where(name => !known.Contains(name)).Distinct().Select(static name => new IlbError { Code = IlbErrorCode.NoSuchRule, Message = $"rule {Quote.Of(name)} does not exist", Path = "rules" }).ToValueList() is { Count: > 0 } missing)
            throw new IlbException(missing);
        var state = await new StateReader(forwarder, surroundings, options).ReadAsync(present, runtime, readHealth, isChecked, owned, cancellationToken).ConfigureAwait(false);
        var rules = (await Pools.ReadAsync(present.Configuration, runtime, options.Node!, forwarder, owned, options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false)).Rules;
        var asked = names.Count == 0 ? known : names.ToHashSet();
        var looked = rules.Select(static rule => rule.Rule).Where(rule => rule.Rule.Enabled && asked.Contains(rule.Rule.Name)).ToArray();
        // Where nothing forwards, a machine without IPVS is as good.
        var kernel = looked.Length == 0
            ? KernelFacts.None
            : await surroundings.ExamineAsync([.. looked.SelectMany(static rule => rule.Servers.Select(static server => server.Address).Append(rule.Rule.Vip)).OfType<System.Net.IPAddress>().Distinct()], cancellationToken).ConfigureAwait(false);
        var facts = new Facts
        {
            All = rules,
            Asked = asked,
            State = state,
            Kernel = kernel,
            Filter = kernel.Filter is null ? Ruleset.Empty : Ruleset.Parse(kernel.Filter, FilterNames.Table(options.Instance)),
        };
        return new Diagnosis { Version = present.Version, Findings = Doctor.Examine(facts) };
    }
}
