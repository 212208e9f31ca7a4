using System.CommandLine;
using System.Globalization;

namespace Ilb.Cli.Commands;

/// <summary><c>-s server=SPEC,…[,weight=N][,max-conn=N][,min-conn=N]</c>, which several commands have.</summary>
internal static class ServerArguments
{
    private static readonly Key[] Keys = [new() { Name = "server", IsList = true }, "weight", "max-conn", "min-conn", Key.Later("id"), Key.Later("enabled")];

    public static Option<string[]> Option(string helpName) => new("-s", "--server")
    {
        Description = "Servers: address, span of addresses or host name, each with an optional port or range of ports; weight, max-conn and min-conn apply to all of this -s. -s may be repeated",
        HelpName = helpName,
    };

    /// <summary>The servers of all <c>-s</c> options.</summary>
    public static ValueList<Server> Parse(IReadOnlyList<string> texts, List<string> errors)
    {
        var servers = new List<Server>();
        foreach (var text in texts)
        {
            var list = KeyList.Parse("-s", text, Keys, errors);
            list.Require("server");
            var weight = Number(list, "weight", 0, Server.MaximumWeight, errors) ?? 1;
            var maximum = Number(list, "max-conn", 1, int.MaxValue, errors);
            var minimum = Number(list, "min-conn", 1, int.MaxValue, errors);
            foreach (var spec in list.All("server").Where(static spec => spec.Length > 0))
            {
                try
                {
                    servers.AddRange(ServerSpec.Parse(spec).Select(server => server with { Weight = weight, MaximumConnections = maximum, MinimumConnections = minimum }));
                }
                catch (FormatException e)
                {
                    errors.Add($"-s: {e.Message}");
                }
            }
        }

        return servers.ToValueList();
    }

    private static int? Number(KeyList list, string key, int lowest, int highest, List<string> errors)
    {
        if (list.Find(key) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        var fault = text.TrimStart('-').All(char.IsAsciiDigit) ? "out of range" : "not a number";
        errors.Add($"-s: {key}={text} is {fault}, allowed is {lowest}-{highest}");
        return null;
    }
}
