using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>create-, set-, delete-, enable-, disable- and show-rule.</summary>
internal static class RuleCommands
{
    private const string Kernel = "KERNEL";

    private static readonly Column<Line>[] Columns =
    [
        new() { Name = "RULENAME", IsDefault = true, Value = static line => line.Rule.Name },
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.Rule.Enabled ? "E" : "D" },
        new() { Name = "LBALG", IsDefault = true, Value = static line => line.Rule.Algorithm.ToText() },
        new() { Name = "TYPE", IsDefault = true, Value = static line => line.Rule.Topology.ToText() },
        new() { Name = "PROTOCOL", IsDefault = true, Value = static line => line.Rule.FirewallMark is null ? line.Rule.Protocol.ToText() : null },
        new() { Name = "VIP", IsDefault = true, Value = static line => line.Rule.Vip?.ToString() },
        new() { Name = "PORT", IsDefault = true, Value = static line => line.Rule.Ports?.ToString() },
        new() { Name = "PROXY-SRC", Value = static line => line.Rule.ProxySource?.ToString() },
        new() { Name = "PMASK", Value = static line => Mask(line.Rule) },
        new() { Name = "HC-NAME", Value = static line => line.Rule.Health?.Check },
        new() { Name = "HC-PORT", Value = static line => line.Rule.Health?.Port.ToString() },
        new() { Name = "CONN-DRAIN", Value = static line => Duration.Format(line.Rule.ConnectionDrain) },
        new() { Name = "NAT-TIMEOUT", Value = static line => Time(line.Rule.NatTimeout) },
        new() { Name = "PERSIST-TIMEOUT", Value = static line => Time(line.Rule.Persistence?.Timeout) },
        new() { Name = "SERVERGROUP", Value = static line => line.Rule.ServerGroup },
        new() { Name = "SERVERS", Value = static line => string.Join(',', line.Group.Servers.Select(line.Group.IdOf)) },
        new() { Name = "INTERFACE", Value = static line => line.Rule.Interface },
        new() { Name = "FWMARK", Value = static line => line.Rule.FirewallMark?.Mark.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "FAMILY", Value = static line => line.Rule.FirewallMark?.Family.ToText() },
        new() { Name = "PE", Value = static line => line.Rule.Persistence?.Engine?.ToText() },
        new() { Name = "HASH-PORT", Value = static line => YesOrNo(line.Rule.HashPort) },
        new() { Name = "FALLBACK", Value = static line => YesOrNo(line.Rule.Fallback) },
        new() { Name = "OPS", Value = static line => YesOrNo(line.Rule.OnePacket) },
        new() { Name = "TUN", Value = static line => line.Rule.Tunnel?.Kind.ToText() },
        new() { Name = "TUN-PORT", Value = static line => line.Rule.Tunnel?.Port?.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "TUN-CSUM", Value = static line => line.Rule.Tunnel?.Checksum.ToText() },
        new() { Name = "ON-DEAD", Value = static line => line.Rule.Health?.OnDead?.ToText() },
        new() { Name = "START", Value = static line => line.Rule.Health?.Start.ToText() },
        new() { Name = "PANIC", Value = static line => line.Rule.Health?.Panic?.ToString() },
        new() { Name = "PASSIVE", Value = static line => line.Rule.Passive?.Connections.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "PASSIVE-HOLD", Value = static line => Time(line.Rule.Passive?.Hold) },
        new() { Name = "SLOW-START", Value = static line => Time(line.Rule.SlowStart) },
        new() { Name = "ON-DISABLE", Value = static line => line.Rule.OnDisable.ToText() },
        new() { Name = "SORRY", Value = static line => line.Rule.Sorry?.ServerGroup },
        new() { Name = "QUORUM", Value = static line => line.Rule.Sorry?.Quorum.ToString() },
        new() { Name = "QUORUM-HYSTERESIS", Value = static line => line.Rule.Sorry?.Hysteresis.ToString() },
        new() { Name = Kernel, IsOnlyByName = true, Value = static line => line.Kernel?.ToString().ToLowerInvariant() },
    ];

    public static Command Create(Session session)
    {
        var enabled = new Option<bool>("-e", "--enable") { Description = "Create it enabled; without -e it is disabled", Arity = ArgumentArity.Zero };
        var options = new RuleOptions(isNew: true);
        var name = new Argument<string>("name") { Description = "The rule's name" };
        return session.Changing("create-rule", [enabled, .. options.All], name, (result, errors) =>
        {
            var rule = new Rule { Name = result.Of(name), Enabled = result.GetValue(enabled), Topology = Topology.HalfNat, ServerGroup = "" };
            return [new CreateRule { Rule = options.Apply(result, rule, session.Terminal, errors) }];
        });
    }

    public static Command Set(Session session)
    {
        var options = new RuleOptions(isNew: false);
        var name = new Argument<string>("name") { Description = "The rule's name" };
        return session.Editing("set-rule", options.All, name, (result, configuration, errors) =>
        {
            if (!options.All.Any(option => result.GetResult(option) is { Implicit: false }))
                errors.Add("set-rule: nothing is given to change");
            var rule = configuration.FindRule(result.Of(name));
            if (rule is null && result.Of(name).Length > 0)
                errors.Add(Chosen.NotFound("rule", result.Of(name), configuration.Rules.Select(static rule => rule.Name)));
            rule ??= new Rule { Name = result.Of(name), Topology = Topology.HalfNat, ServerGroup = "" };
            return [SetRule.Between(rule, options.Apply(result, rule, session.Terminal, errors))];
        });
    }

    public static Command Delete(Session session)
    {
        var all = new Option<bool>("-a", "--all") { Description = "All rules", Arity = ArgumentArity.Zero };
        var names = new Argument<string[]>("name") { Description = "The rules", Arity = ArgumentArity.ZeroOrMore };
        return session.Changing("delete-rule", [all], names, (result, errors) =>
        {
            var chosen = result.Of(names);
            if (result.GetValue(all) == (chosen.Length > 0))
                errors.Add("delete-rule: either -a or the names of rules are needed");
            return [new DeleteRules { Names = chosen.ToValueList(), All = result.GetValue(all) }];
        });
    }

    public static Command Enable(Session session) => Switch(session, "enable-rule", static (names, all) => new EnableRules { Names = names, All = all });

    public static Command Disable(Session session) => Switch(session, "disable-rule", static (names, all) => new DisableRules { Names = names, All = all });

    private static Command Switch(Session session, string name, Func<ValueList<string>, bool, Change> change)
    {
        var names = new Argument<string[]>("name") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Changing(name, [], names, (result, _) =>
        {
            var chosen = result.Of(names);
            return [change(chosen.ToValueList(), chosen.Length == 0)];
        });
    }

    public static Command Show(Session session)
    {
        var report = new Report<Line>(Columns);
        var enabled = new Option<bool>("-e", "--enabled") { Description = "Only enabled rules", Arity = ArgumentArity.Zero };
        var disabled = new Option<bool>("-d", "--disabled") { Description = "Only disabled rules", Arity = ArgumentArity.Zero };
        var full = new Option<bool>("-f", "--full") { Description = "Everything of each rule, one value a line", Arity = ArgumentArity.Zero };
        var names = new Argument<string[]>("name") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-rule", [enabled, disabled, full, .. report.Options], names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            if (result.GetValue(enabled) && result.GetValue(disabled))
                errors.Add("-e does not go with -d");
            if (result.GetValue(full) && (report.HasColumns(result) || report.IsParsable(result) || report.IsJson(result)))
                errors.Add("-f does not go with -o, -p or --json");
            return async balancer =>
            {
                var configuration = (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration;
                var rules = Chosen.Of(configuration.Rules, static rule => rule.Name, result.Of(names), "rule")
                    .Where(rule => rule.Enabled ? !result.GetValue(disabled) : !result.GetValue(enabled)).ToValueList();
                var kernel = columns.Any(static column => column.Name == Kernel)
                    ? (await balancer.GetStateAsync().ConfigureAwait(false)).Rules.ToDictionary(static state => state.Rule, static state => state.Kernel)
                    : [];
                var lines = rules.Select(rule => new Line
                {
                    Rule = rule,
                    Group = configuration.FindServerGroup(rule.ServerGroup)!,
                    Kernel = kernel.TryGetValue(rule.Name, out var state) ? state : null,
                });
                var output = session.Terminal.Output;
                if (report.IsJson(result))
                    output.Write(JsonText.Write(new Configuration { Rules = rules }));
                else if (result.GetValue(full))
                    report.WriteFull(output, lines);
                else
                    report.Write(result, output, columns, lines);
            };
        });
    }

    private static string? Mask(Rule rule) => rule.Persistence is not { } persistence ? null
        : persistence.PrefixLength is { } length ? string.Create(CultureInfo.InvariantCulture, $"/{length}")
        : (rule.Vip?.AddressFamily == AddressFamily.InterNetworkV6 || rule.FirewallMark?.Family == IpFamily.Inet6) ? "/128" : "/32";

    private static string? Time(TimeSpan? time) => time is { } value ? Duration.Format(value) : null;

    private static string YesOrNo(bool value) => value ? "yes" : "no";

    private sealed record Line
    {
        public required Rule Rule { get; init; }

        public required ServerGroup Group { get; init; }

        /// <summary>What the kernel holds of it; null if nobody asked.</summary>
        public KernelState? Kernel { get; init; }
    }
}
