using System.CommandLine;
using System.Globalization;

namespace Ilb.Cli.Commands;

/// <summary><c>-s server=SPEC,…[,weight=N][,max-conn=N][,min-conn=N]</c>, which several commands have.</summary>
internal static class ServerArguments
{
    private static readonly Key[] Keys = [new() { Name = "server", IsList = true }, "weight", "max-conn", "min-conn", "id", "host", "enabled"];

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
            var model = new Server
            {
                Number = Number(list, "id", 0, uint.MaxValue, errors) is { } number ? (uint)number : null,
                Host = list.Find("host"),
                Enabled = IsEnabled(list, errors),
                Weight = (int)(Number(list, "weight", 0, Server.MaximumWeight, errors) ?? 1),
                MaximumConnections = (int?)Number(list, "max-conn", 1, int.MaxValue, errors),
                MinimumConnections = (int?)Number(list, "min-conn", 1, int.MaxValue, errors),
            };
            var found = new List<Server>();
            foreach (var spec in list.All("server").Where(static spec => spec.Length > 0))
            {
                try
                {
                    found.AddRange(ServerSpec.Parse(spec).Select(server => model with { Address = server.Address, Host = server.Host ?? model.Host, Ports = server.Ports }));
                }
                catch (FormatException e)
                {
                    errors.Add($"-s: {e.Message}");
                }
            }

            if (found.Count > 1 && (model.Number is not null || model.Host is not null))
                errors.Add("-s: id= and host= go with one server only");
            if (model.Host is not null && found is [{ Address: null }])
                errors.Add("-s: host= goes with an address");
            servers.AddRange(found);
        }

        return servers.ToValueList();
    }

    private static bool IsEnabled(KeyList list, List<string> errors)
    {
        var word = list.Find("enabled");
        if (word is not null && !string.Equals(word, "yes", StringComparison.OrdinalIgnoreCase) && !string.Equals(word, "no", StringComparison.OrdinalIgnoreCase))
            errors.Add($"-s: enabled={word} is neither yes nor no");
        return !string.Equals(word, "no", StringComparison.OrdinalIgnoreCase);
    }

    private static long? Number(KeyList list, string key, long lowest, long highest, List<string> errors)
    {
        if (list.Find(key) is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        var fault = text.TrimStart('-').All(char.IsAsciiDigit) ? "out of range" : "not a number";
        errors.Add($"-s: {key}={text} is {fault}, allowed is {lowest}-{highest}");
        return null;
    }
}
