using System.CommandLine;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>create-, delete-, enable-, disable- and show-rule.</summary>
internal static class RuleCommands
{
    // The original's columns; those whose feature comes later have no value yet.
    private static readonly Column<(Rule Rule, ServerGroup Group)>[] Columns =
    [
        new() { Name = "RULENAME", IsDefault = true, Value = static line => line.Rule.Name },
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.Rule.Enabled ? "E" : "D" },
        new() { Name = "LBALG", IsDefault = true, Value = static line => line.Rule.Algorithm.ToText() },
        new() { Name = "TYPE", IsDefault = true, Value = static line => line.Rule.Topology.ToText() },
        new() { Name = "PROTOCOL", IsDefault = true, Value = static line => line.Rule.Protocol.ToText() },
        new() { Name = "VIP", IsDefault = true, Value = static line => line.Rule.Vip?.ToString() },
        new() { Name = "PORT", IsDefault = true, Value = static line => line.Rule.Ports?.ToString() },
        new() { Name = "PROXY-SRC", Value = static _ => null },
        new() { Name = "PMASK", Value = static _ => null },
        new() { Name = "HC-NAME", Value = static _ => null },
        new() { Name = "HC-PORT", Value = static _ => null },
        new() { Name = "CONN-DRAIN", Value = static _ => null },
        new() { Name = "NAT-TIMEOUT", Value = static _ => null },
        new() { Name = "PERSIST-TIMEOUT", Value = static _ => null },
        new() { Name = "SERVERGROUP", Value = static line => line.Rule.ServerGroup },
        new() { Name = "SERVERS", Value = static line => string.Join(',', line.Group.Servers.Select(line.Group.IdOf)) },
    ];

    public static IEnumerable<Command> Make(Session session) =>
    [
        CreateRuleCommand.Make(session),
        Delete(session),
        Switch(session, "enable-rule", "Let rules forward", static (names, all) => new EnableRules { Names = names, All = all }),
        Switch(session, "disable-rule", "Stop rules from forwarding", static (names, all) => new DisableRules { Names = names, All = all }),
        Show(session),
    ];

    private static Command Delete(Session session)
    {
        var all = new Option<bool>("-a", "--all") { Description = "All rules" };
        var names = new Argument<string[]>("name") { Description = "The rules", Arity = ArgumentArity.ZeroOrMore };
        return session.Changing("delete-rule", "Delete rules", [all], names, (result, errors) =>
        {
            var chosen = result.Of(names);
            if (result.GetValue(all) == (chosen.Length > 0))
                errors.Add("delete-rule: either -a or the names of rules are needed");
            return [new DeleteRules { Names = chosen.ToValueList(), All = result.GetValue(all) }];
        });
    }

    private static Command Switch(Session session, string name, string description, Func<ValueList<string>, bool, Change> change)
    {
        var names = new Argument<string[]>("name") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Changing(name, description, [], names, (result, _) =>
        {
            var chosen = result.Of(names);
            return [change(chosen.ToValueList(), chosen.Length == 0)];
        });
    }

    private static Command Show(Session session)
    {
        var report = new Report<(Rule Rule, ServerGroup Group)>(Columns);
        var enabled = new Option<bool>("-e", "--enabled") { Description = "Only enabled rules" };
        var disabled = new Option<bool>("-d", "--disabled") { Description = "Only disabled rules" };
        var full = new Option<bool>("-f", "--full") { Description = "Everything of each rule, one value a line" };
        var names = new Argument<string[]>("name") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-rule", "Show rules", [enabled, disabled, full, .. report.Options], names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            if (result.GetValue(enabled) && result.GetValue(disabled))
                errors.Add("-e does not go with -d");
            if (result.GetValue(full) && (report.HasColumns(result) || report.IsParsable(result) || report.IsJson(result)))
                errors.Add("-f does not go with -o, -p or --json");
            return configuration =>
            {
                var rules = Chosen.Of(configuration.Rules, static rule => rule.Name, result.Of(names), "rule")
                    .Where(rule => rule.Enabled ? !result.GetValue(disabled) : !result.GetValue(enabled)).ToValueList();
                var lines = rules.Select(rule => (rule, configuration.FindServerGroup(rule.ServerGroup)!));
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
}
