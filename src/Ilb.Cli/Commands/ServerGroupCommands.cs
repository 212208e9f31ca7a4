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

    public static Command Create(Session session)
    {
        var servers = ServerText.Option(isRequired: false);
        var next = new Option<string>("--next-id") { Description = "The number of the next server that is added; default the one after the highest", HelpName = "N" };
        var name = new Argument<string>("name") { Description = "The group's name" };
        return session.Changing("create-servergroup", [servers, next], name, (result, errors) =>
        [
            new CreateServerGroup
            {
                ServerGroup = new ServerGroup
                {
                    Name = result.Of(name),
                    Servers = ServerText.Servers(servers.Parse(result, isNew: true, errors), session.Terminal.Services),
                    NextNumber = NextNumber(result.Of(next), errors),
                },
            },
        ]);
    }

    private static long NextNumber(string? text, List<string> errors)
    {
        try
        {
            // One more than the last number: all are given.
            return text is null ? 0 : KeyList.Number(text, 0, uint.MaxValue + 1L);
        }
        catch (FormatException e)
        {
            errors.Add($"--next-id: {e.Message}");
            return 0;
        }
    }

    public static Command Delete(Session session)
    {
        var names = new Argument<string[]>("name") { Description = "The groups", Arity = ArgumentArity.OneOrMore };
        return session.Changing("delete-servergroup", [], names, (result, _) =>
            [.. result.Of(names).Distinct().Select(static name => new DeleteServerGroup { Name = name })]);
    }

    public static Command Show(Session session)
    {
        var report = new Report<(ServerGroup Group, Server? Server)>(Columns);
        var names = new Argument<string[]>("name") { Description = "The groups; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-servergroup", report.Options, names, (result, errors) =>
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
