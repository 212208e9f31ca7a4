using System.Globalization;
using System.Text;

namespace Ilb.Cli.Text;

/// <summary>A configuration as the subcommands that make it.</summary>
internal static class ConfigurationText
{
    public static string Of(Configuration configuration)
    {
        // What is empty is no file of ours.
        var output = new StringBuilder("# ilbadm import-config\n");
        foreach (var group in configuration.ServerGroups)
            WriteGroup(output, group);
        foreach (var check in configuration.HealthChecks)
            WriteCommand(output, HealthCheckWords.Of(check));
        foreach (var rule in configuration.Rules)
            WriteCommand(output, RuleWords.Of(rule));
        return output.ToString();
    }

    private static void WriteGroup(StringBuilder output, ServerGroup group)
    {
        // One by one, servers have numbers that count up and end before the counter.
        var next = 0L;
        var countsUp = group.Servers.All(server => server.Number is { } number && number >= next && (next = number + 1L) > 0);
        if (countsUp && next == group.NextNumber)
        {
            WriteCommand(output, ["create-servergroup", group.Name]);
            foreach (var server in group.Servers)
                WriteCommand(output, ["add-server", "-s", Keys(server), group.Name]);
            return;
        }

        WriteCommand(output, ["create-servergroup", "--next-id", group.NextNumber.ToString(CultureInfo.InvariantCulture), .. group.Servers.SelectMany(static server => (string[])["-s", Keys(server)]), group.Name]);
    }

    private static string Keys(Server server) => new KeyText()
        .Add("server", server.Address is null ? ServerSpec.Format(server) : NumericAddress.WithPorts(server.Address, server.Ports))
        .Add("id", server.Number?.ToString(CultureInfo.InvariantCulture))
        .Add("host", server.Address is null ? null : server.Host)
        .Add("weight", server.Weight == 1 ? null : server.Weight.ToString(CultureInfo.InvariantCulture))
        .Add("max-conn", server.MaximumConnections?.ToString(CultureInfo.InvariantCulture))
        .Add("min-conn", server.MinimumConnections?.ToString(CultureInfo.InvariantCulture))
        .Add("enabled", server.Enabled ? null : "no")
        .ToString();

    private static void WriteCommand(StringBuilder output, IEnumerable<string> words) => output.AppendJoin(' ', words.Select(ShellText.Quote)).Append('\n');
}
