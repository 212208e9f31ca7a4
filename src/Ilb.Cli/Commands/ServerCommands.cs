using System.CommandLine;
using System.Globalization;
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
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.IsLeaving ? "L" : line.Server.Enabled ? "E" : "D" },
        new() { Name = "SERVERGROUP", IsDefault = true, Value = static line => line.Rule.ServerGroup },
        new() { Name = "HOSTNAME", Value = static line => line.Server.Host },
        new() { Name = Health, Value = static line => line.State?.Health?.Status.ToText() },
        new() { Name = Reason, Value = static line => line.State?.Health?.Reason },
        new() { Name = "WEIGHT", IsOnlyByName = true, Value = static line => Text(line.IsLeaving ? 0 : line.State?.EffectiveWeight) },
        new() { Name = "ACTIVE", IsOnlyByName = true, Value = static line => Text(line.Draining?.ActiveConnections ?? line.State?.ActiveConnections) },
        new() { Name = "INACTIVE", IsOnlyByName = true, Value = static line => Text(line.Draining?.InactiveConnections ?? line.State?.InactiveConnections) },
        new() { Name = "DRAIN", IsOnlyByName = true, Value = static line => line.Draining is not null ? "draining" : IsOut(line) ? "drained" : null },
        new() { Name = "LEFT", IsOnlyByName = true, Value = static line => line.Draining is { } draining ? DrainText.Left(draining, line.Now) : null },
    ];

    private static bool IsOut(Line line) => line.State is { Administration: AdministrativeState.Disabled } or { EffectiveWeight: null or 0, Health.Status: ServerHealth.Dead or ServerHealth.Unreachable };

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

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
                // Asked only where it is shown: the state needs the kernel.
                var isAsked = columns.Any(static column => column.IsOnlyByName) || (Watched.MayTell(rules, balancer) && columns.Any(static column => column.Name is Health or Reason));
                var state = isAsked ? await balancer.GetStateAsync().ConfigureAwait(false) : null;
                var lines = Lines(configuration, rules, state, session.Terminal.Time.GetUtcNow());
                if (state is not null && result.Of(names).Length == 0)
                    lines = lines.Concat(GoneLines(configuration, state, session.Terminal.Time.GetUtcNow()));
                if (report.IsJson(result))
                    session.Terminal.Output.Write(JsonText.Write(writer => WriteJson(writer, lines)));
                else
                    report.Write(result, session.Terminal.Output, columns, lines);
            };
        });
    }

    // The servers of rules, and behind those of each rule the ones that it does not have any more.
    private static IEnumerable<Line> Lines(Configuration configuration, IEnumerable<Rule> rules, LoadBalancerState? state, DateTimeOffset now)
    {
        var states = state?.Rules.ToDictionary(static found => found.Rule, static found => found.Servers.ToDictionary(static server => server.Server)) ?? [];
        var draining = state?.Draining.ToLookup(static server => server.Rule);
        foreach (var rule in rules)
        {
            var (group, found) = (configuration.FindServerGroup(rule.ServerGroup)!, states.GetValueOrDefault(rule.Name));
            foreach (var server in group.Servers)
            {
                var id = group.IdOf(server);
                yield return new Line { Rule = rule, Server = server, Id = id, Now = now, State = found?.GetValueOrDefault(id), Draining = draining?[rule.Name].FirstOrDefault(one => !one.IsLeaving && one.Server == id) };
            }

            foreach (var server in draining?[rule.Name].Where(static server => server.IsLeaving) ?? [])
                yield return Leaving(rule, server, now);
        }
    }

    // The servers of rules that are gone.
    private static IEnumerable<Line> GoneLines(Configuration configuration, LoadBalancerState state, DateTimeOffset now) => state.Draining.Where(server => server.IsLeaving && configuration.FindRule(server.Rule) is null)
        .Select(server => Leaving(new Rule { Name = server.Rule, Topology = default, ServerGroup = server.Server.ServerGroup }, server, now));

    private static Line Leaving(Rule rule, DrainingServer server, DateTimeOffset now) =>
        new() { Rule = rule with { ServerGroup = server.Server.ServerGroup }, Server = new Server { Address = server.Address, Ports = server.Ports }, Id = server.Server, Now = now, Draining = server };

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

        public required DateTimeOffset Now { get; init; }

        /// <summary>What is of it; null if it is gone, or nobody asked.</summary>
        public ServerState? State { get; init; }

        /// <summary>Which connections it keeps without getting new ones; null (default) if it gets some or has none.</summary>
        public DrainingServer? Draining { get; init; }

        /// <summary>Whether it is gone but for its connections.</summary>
        public bool IsLeaving => Draining is { IsLeaving: true };

        /// <summary>Where connections of the rule go on the server.</summary>
        public PortRange? Ports => Server.Ports ?? Rule.Ports;
    }
}
