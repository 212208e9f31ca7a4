using System.CommandLine;
using System.Text.Json;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>add-, remove-, set-, enable-, disable- and show-server.</summary>
internal static class ServerCommands
{
    private const string Health = "HEALTH";
    private const string Reason = "REASON";

    private static readonly Column<Line>[] Columns =
    [
        new() { Name = "SERVERID", IsDefault = true, Value = static line => line.Id.ToString() },
        new() { Name = "ADDRESS", IsDefault = true, Value = static line => line.Server.Address?.ToString() },
        new() { Name = "PORT", IsDefault = true, Value = static line => line.Ports?.ToString() },
        new() { Name = "RULENAME", IsDefault = true, Value = static line => line.Rule.Name },
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.Server.Enabled ? "E" : "D" },
        new() { Name = "SERVERGROUP", IsDefault = true, Value = static line => line.Rule.ServerGroup },
        new() { Name = "HOSTNAME", Value = static line => line.Server.Host },
        new() { Name = Health, Value = static line => line.Health?.Status.ToText() },
        new() { Name = Reason, Value = static line => line.Health?.Reason },
    ];

    public static Command Add(Session session)
    {
        var servers = ServerText.Option(isRequired: true);
        var group = new Argument<string>("servergroup") { Description = "The group's name" };
        return session.Changing("add-server", [servers], group, (result, errors) =>
            [new AddServers { ServerGroup = result.Of(group), Servers = ServerText.Servers(servers.Parse(result, isNew: true, errors), session.Terminal.Services) }]);
    }

    public static Command Remove(Session session)
    {
        var servers = ServerText.SelectorOption();
        var group = new Argument<string>("servergroup") { Description = "The group's name" };
        return session.Changing("remove-server", [servers], group, (result, errors) =>
            [new RemoveServers { ServerGroup = result.Of(group), Servers = ServerText.Selectors(servers.Parse(result, isNew: true, errors), session.Terminal.Services) }]);
    }

    public static Command Set(Session session)
    {
        var numbers = ServerText.NumbersOption();
        return Choosing(session, "set-server", [numbers], (result, ids, group, errors) =>
        {
            var change = new SetServers { Servers = ids, ServerGroup = group };
            return numbers.Parse(result, isNew: false, errors) is [var list] ? ServerText.WithNumbers(change, list) : change;
        });
    }

    public static Command Enable(Session session) => Choosing(session, "enable-server", [], static (_, ids, group, _) => new EnableServers { Servers = ids, ServerGroup = group });

    public static Command Disable(Session session) => Choosing(session, "disable-server", [], static (_, ids, group, _) => new DisableServers { Servers = ids, ServerGroup = group });

    /// <summary>Makes a command that is about servers by ID, or about all of a group.</summary>
    private static Command Choosing(Session session, string name, IEnumerable<Option> options, Func<ParseResult, ValueList<ServerId>, string?, List<string>, Change> change)
    {
        var ids = new Argument<string[]>("id") { Description = "The servers, as show-server tells their IDs", Arity = ArgumentArity.ZeroOrMore };
        var group = new Option<string?>("-g", "--servergroup") { Description = "All servers of the group", HelpName = "GROUP" };
        return session.Changing(
            name,
            [group, .. options],
            ids,
            (result, errors) =>
            {
                var texts = result.Of(ids);
                var hasGroup = result.GetResult(group) is not null;
                if (hasGroup && texts.Length > 0)
                    errors.Add($"{name}: either -g or the IDs of servers are needed, not both");
                else if (!hasGroup && texts.Length == 0)
                    errors.Add($"{name}: no server is named");
                var servers = new List<ServerId>();
                foreach (var text in texts)
                {
                    if (ServerId.TryParse(text, null, out var id))
                        servers.Add(id);
                    else
                        errors.Add($"{Quote.Of(text)} is not a server ID such as _web.0");
                }

                var made = change(result, servers.ToValueList(), result.Of(group), errors);
                // Where it is not clear which servers are meant, there is nothing more to say of them.
                return hasGroup == (servers.Count > 0) || (hasGroup && result.Of(group) is null) ? [] : [made];
            },
            isDivisible: true);
    }

    public static Command Show(Session session)
    {
        var report = new Report<Line>(Columns);
        var names = new Argument<string[]>("rule") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-server", report.Options, names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            return async balancer =>
            {
                var configuration = (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration;
                var rules = Chosen.Of(configuration.Rules, static rule => rule.Name, result.Of(names), "rule");
                // Asked only where it is shown and there is any: the state needs the kernel.
                var found = Watched.MayTell(rules, balancer) && columns.Any(static column => column.Name is Health or Reason)
                    ? (await balancer.GetStateAsync().ConfigureAwait(false)).Rules.SelectMany(static rule => rule.Servers.Select(server => (rule.Rule, server.Server, server.Health))).ToDictionary(static of => (of.Rule, of.Server), static of => of.Health)
                    : [];
                var lines = rules.SelectMany(rule => Lines(rule, configuration.FindServerGroup(rule.ServerGroup)!)).Select(line => line with { Health = found.GetValueOrDefault((line.Rule.Name, line.Id)) });
                if (report.IsJson(result))
                    session.Terminal.Output.Write(JsonText.Write(writer => WriteJson(writer, lines)));
                else
                    report.Write(result, session.Terminal.Output, columns, lines);
            };
        });
    }

    private static IEnumerable<Line> Lines(Rule rule, ServerGroup group) => group.Servers.Select(server => new Line { Rule = rule, Server = server, Id = group.IdOf(server) });

    private static void WriteJson(Utf8JsonWriter writer, IEnumerable<Line> lines)
    {
        writer.WriteStartArray("servers");
        foreach (var line in lines)
        {
            writer.WriteStartObject();
            writer.WriteString("id", line.Id.ToString());
            writer.WriteString("address", line.Server.Address?.ToString());
            WritePorts(writer, line.Ports);
            writer.WriteString("rule", line.Rule.Name);
            writer.WriteBoolean("enabled", line.Server.Enabled);
            writer.WriteString("serverGroup", line.Rule.ServerGroup);
            if (line.Server.Host is not null)
                writer.WriteString("host", line.Server.Host);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // As in the configuration file: a number where it is one port.
    private static void WritePorts(Utf8JsonWriter writer, PortRange? ports)
    {
        if (ports is { Count: 1 })
            writer.WriteNumber("ports", ports.First);
        else if (ports is not null)
            writer.WriteString("ports", ports.ToString());
    }

    /// <summary>A server in a rule.</summary>
    private sealed record Line
    {
        public required Rule Rule { get; init; }

        public required Server Server { get; init; }

        public required ServerId Id { get; init; }

        /// <summary>What the rule's health check found of it; null if it has none, or nobody asked.</summary>
        public HealthResult? Health { get; init; }

        /// <summary>Where connections of the rule go on the server.</summary>
        public PortRange? Ports => Server.Ports ?? Rule.Ports;
    }
}
