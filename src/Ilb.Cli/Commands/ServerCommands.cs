using System.CommandLine;
using System.Text.Json;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>add-, remove-, enable-, disable- and show-server.</summary>
internal static class ServerCommands
{
    private static readonly Column<Line>[] Columns =
    [
        new() { Name = "SERVERID", IsDefault = true, Value = static line => line.Id.ToString() },
        new() { Name = "ADDRESS", IsDefault = true, Value = static line => line.Server.Address?.ToString() },
        new() { Name = "PORT", IsDefault = true, Value = static line => line.Ports?.ToString() },
        new() { Name = "RULENAME", IsDefault = true, Value = static line => line.Rule.Name },
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.Server.Enabled ? "E" : "D" },
        new() { Name = "SERVERGROUP", IsDefault = true, Value = static line => line.Rule.ServerGroup },
        new() { Name = "HOSTNAME", Value = static line => line.Server.Host },
    ];

    public static IEnumerable<Command> Make(Session session) =>
    [
        Add(session),
        Remove(session),
        Switch(session, "enable-server", "Let servers get new connections again, in every rule of their groups", static ids => new EnableServers { Servers = ids }),
        Switch(session, "disable-server", "Keep new connections from servers, in every rule of their groups", static ids => new DisableServers { Servers = ids }),
        Show(session),
    ];

    private static Command Add(Session session)
    {
        var servers = ServerArguments.Option("server=SPEC,...[,weight=N][,max-conn=N][,min-conn=N]");
        servers.Required = true;
        var group = new Argument<string>("servergroup") { Description = "The group's name" };
        return session.Changing("add-server", "Add servers to a server group", [servers], group, (result, errors) =>
            [new AddServers { ServerGroup = result.Of(group), Servers = ServerArguments.Parse(result.Of(servers), errors) }]);
    }

    private static Command Remove(Session session)
    {
        var servers = new Option<string[]>("-s", "--server")
        {
            Description = "The servers, by ID or address; -s may be repeated",
            HelpName = "server=ID|ADDRESS[:PORT],...",
            Required = true,
        };
        var group = new Argument<string>("servergroup") { Description = "The group's name" };
        return session.Changing("remove-server", "Remove servers from a server group", [servers], group, (result, errors) =>
        {
            var selectors = new List<ServerSelector>();
            foreach (var text in result.Of(servers))
            {
                var list = KeyList.Parse("-s", text, [new Key { Name = "server", IsList = true }], errors);
                list.Require("server");
                foreach (var value in list.All("server").Where(static value => value.Length > 0))
                {
                    if (ServerSelector.TryParse(value, null, out var selector))
                        selectors.Add(selector);
                    else
                        errors.Add($"-s: '{value}' is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80");
                }
            }

            return [new RemoveServers { ServerGroup = result.Of(group), Servers = selectors.ToValueList() }];
        });
    }

    private static Command Switch(Session session, string name, string description, Func<ValueList<ServerId>, Change> change)
    {
        var ids = new Argument<string[]>("id") { Description = "The servers, as show-server tells their IDs", Arity = ArgumentArity.ZeroOrMore };
        var group = new Option<string?>("-g", "--servergroup") { Hidden = true };
        return session.Changing(name, description, [group], ids, (result, errors) =>
        {
            var texts = result.Of(ids);
            if (result.GetResult(group) is not null)
                errors.Add(Refusal.NotSupported("-g (a whole group)"));
            else if (texts.Length == 0)
                errors.Add($"{name}: no server is named");
            var servers = new List<ServerId>();
            foreach (var text in texts)
            {
                if (ServerId.TryParse(text, null, out var id))
                    servers.Add(id);
                else
                    errors.Add($"'{text}' is not a server ID such as _web.0");
            }

            return [change(servers.ToValueList())];
        });
    }

    private static Command Show(Session session)
    {
        var report = new Report<Line>(Columns);
        var names = new Argument<string[]>("rule") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-server", "Show the servers of rules", report.Options, names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            return configuration =>
            {
                var rules = Chosen.Of(configuration.Rules, static rule => rule.Name, result.Of(names), "rule");
                var lines = rules.SelectMany(rule => Lines(rule, configuration.FindServerGroup(rule.ServerGroup)!));
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

        /// <summary>Where connections of the rule go on the server.</summary>
        public PortRange? Ports => Server.Ports ?? Rule.Ports;
    }
}
