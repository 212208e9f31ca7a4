using System.CommandLine;
using System.Globalization;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>create-, delete- and show-servergroup.</summary>
internal static class ServerGroupCommands
{
    private static readonly Column<(ServerGroup Group, Server? Server)>[] Columns =
    [
        new() { Name = "SGNAME", IsDefault = true, Value = static line => line.Group.Name },
        new() { Name = "SERVERID", IsDefault = true, Value = static line => line.Server is null ? null : line.Group.IdOf(line.Server).ToString() },
        new() { Name = "MINPORT", IsDefault = true, Value = static line => line.Server?.Ports?.First.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "MAXPORT", IsDefault = true, Value = static line => line.Server?.Ports?.Last.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "IP_ADDRESS", IsDefault = true, Value = static line => line.Server?.Address?.ToString() },
        new() { Name = "HOSTNAME", Value = static line => line.Server?.Host },
        new() { Name = "STATUS", Value = static line => line.Server is null ? null : line.Server.Enabled ? "E" : "D" },
        new() { Name = "WEIGHT", Value = static line => line.Server?.Weight.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "MAX-CONN", Value = static line => line.Server?.MaximumConnections?.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "MIN-CONN", Value = static line => line.Server?.MinimumConnections?.ToString(CultureInfo.InvariantCulture) },
    ];

    public static IEnumerable<Command> Make(Session session) => [Create(session), Delete(session), Show(session)];

    private static Command Create(Session session)
    {
        var servers = ServerArguments.Option("server=SPEC,...[,weight=N][,max-conn=N][,min-conn=N]");
        var next = new Option<string>("--next-id") { Description = "The number of the next server that is added; default the one after the highest", HelpName = "N" };
        var name = new Argument<string>("name") { Description = "The group's name" };
        return session.Changing("create-servergroup", "Create a server group", [servers, next], name, (result, errors) =>
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = result.Of(name), Servers = ServerArguments.Parse(result.Of(servers), errors), NextNumber = NextNumber(result.Of(next), errors) } },
        ]);
    }

    private static long NextNumber(string? text, List<string> errors)
    {
        if (text is null)
            return 0;
        const long Highest = uint.MaxValue + 1L; // one more than the last number: all are given
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > Highest)
            errors.Add($"--next-id: '{text}' is not a number from 0 to {Highest}");
        return number;
    }

    private static Command Delete(Session session)
    {
        var names = new Argument<string[]>("name") { Description = "The groups", Arity = ArgumentArity.OneOrMore };
        return session.Changing("delete-servergroup", "Delete server groups that no rule uses", [], names, (result, _) =>
            [.. result.Of(names).Distinct().Select(static name => new DeleteServerGroup { Name = name })]);
    }

    private static Command Show(Session session)
    {
        var report = new Report<(ServerGroup Group, Server? Server)>(Columns);
        var names = new Argument<string[]>("name") { Description = "The groups; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-servergroup", "Show server groups and their servers", report.Options, names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            return configuration =>
            {
                var groups = Chosen.Of(configuration.ServerGroups, static group => group.Name, result.Of(names), "server group");
                if (report.IsJson(result))
                    session.Terminal.Output.Write(JsonText.Write(new Configuration { ServerGroups = groups }));
                else
                    report.Write(result, session.Terminal.Output, columns, groups.SelectMany(Lines));
            };
        });
    }

    private static IEnumerable<(ServerGroup Group, Server? Server)> Lines(ServerGroup group) =>
        group.Servers.Count == 0 ? [(group, null)] : group.Servers.Select(server => (group, (Server?)server));
}
