using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;

namespace Ilb.Daemon.Running;

/// <summary>What the command line and the environment say.</summary>
internal sealed record DaemonArguments
{
    /// <summary>The instance.</summary>
    public required string Instance { get; init; }

    /// <summary>The configuration's file; null = the default.</summary>
    public string? ConfigurationPath { get; init; }

    /// <summary>The socket.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Whether the kernel is to forward nothing once the daemon has stopped.</summary>
    public bool RemovesOnStop { get; init; }

    /// <summary>Reads the arguments.</summary>
    /// <param name="words">The arguments.</param>
    /// <param name="variable">The environment's.</param>
    /// <param name="output">Where help and version go.</param>
    /// <param name="error">Where it says what is wrong.</param>
    /// <returns>What they say, or how the program ends at once.</returns>
    public static (DaemonArguments? Arguments, int Status) Read(string[] words, Func<string, string?> variable, TextWriter output, TextWriter error)
    {
        var config = new Option<string?>("--config") { HelpName = "FILE", Description = "The configuration file; also ILB_CONFIG; default /var/lib/ilb/INSTANCE.json" };
        var socket = new Option<string?>("--socket") { HelpName = "PATH", Description = "The Unix socket to serve at; also ILB_SOCKET; default /run/ilb/ilbd.sock, or /run/ilb/INSTANCE.sock for another instance than ilb" };
        var instance = new Option<string?>("--instance") { HelpName = "NAME", Description = "The instance; default ilb" };
        var onStop = new Option<string?>("--on-stop") { HelpName = "keep|remove", Description = "What becomes of the rules in the kernel when the daemon stops; default keep: connections and forwarding go on" };
        var root = new RootCommand();
        root.Options.Clear();
        root.Directives.Clear();
        Option[] options = [config, socket, instance, onStop];
        foreach (var option in options)
            root.Options.Add(option);
        root.Options.Add(new VersionOption("--version", "-V") { Description = "The version", Action = new Say($"ilbd {Assembly.GetExecutingAssembly().GetName().Version!.ToString(3)}\n") });
        root.Options.Add(new HelpOption("--help", "-?") { Description = "This help", Action = new Say(Help(root)) });
        var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is Say say)
        {
            say.To(output);
            return (null, ExitStatus.Stopped);
        }

        var errors = parsed.UnmatchedTokens.Select(static word => word is ['-', _, ..] ? $"unknown option {Quote.Of(word)}; see 'ilbd --help'" : $"{Quote.Of(word)} is one argument too many; see 'ilbd --help'")
            .Concat(parsed.Errors.Where(_ => parsed.UnmatchedTokens.Count == 0).Select(Describe)).Distinct().ToList();
        var remove = false;
        if (errors.Count == 0)
        {
            foreach (var option in options.Cast<Option<string?>>().Where(option => parsed.GetValue(option) is ""))
                errors.Add($"{option.Name} is empty");
            remove = parsed.GetValue(onStop) == "remove";
            if (parsed.GetValue(onStop) is { } word and not ("keep" or "remove" or ""))
                errors.Add($"--on-stop {Quote.Of(word)}: allowed are keep and remove");
        }

        foreach (var message in errors)
            error.WriteLine($"ilbd: {message}");
        if (errors.Count > 0)
            return (null, ExitStatus.Refused);
        var name = parsed.GetValue(instance) ?? "ilb";
        return (new DaemonArguments
        {
            Instance = name,
            ConfigurationPath = parsed.GetValue(config) ?? Set("ILB_CONFIG"),
            SocketPath = Path.GetFullPath(parsed.GetValue(socket) ?? Set("ILB_SOCKET") ?? (name == "ilb" ? "/run/ilb/ilbd.sock" : $"/run/ilb/{name}.sock")),
            RemovesOnStop = remove,
        }, ExitStatus.Stopped);

        string? Set(string of) => variable(of) is { Length: > 0 } value ? value : null;
    }

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Option: { } option, Tokens.Count: 0 } => $"{option.Name} {option.HelpName} is missing",
        OptionResult { Option: { } option } => $"{option.Name} is given more than once",
        _ => error.Message,
    };

    private static string Help(RootCommand root)
    {
        var rows = root.Options.Append(null).Select(static option => option is null
            ? "  -?, --help                  This help\n"
            : $"  {(option.Aliases.Count > 0 ? $"{option.Aliases.First()}, " : "")}{option.Name}{(option.HelpName is null ? "" : $" {option.HelpName}")}".PadRight(30) + option.Description + "\n");
        return $"""
            ilbd: keeps the kernel as the configuration asks, and serves ilbadm and other programs on a Unix socket.

            Usage:
              ilbd [OPTION...]

            Options:
            {string.Concat(rows)}
            Signals:
              SIGHUP            take the configuration and node.json as they are saved now
              SIGTERM, SIGINT   stop

            Exit status:
              0   stopped as told
              1   could not start: wrong arguments, no privilege, no IPVS, or somebody else has the instance
              78  the configuration or node.json is wrong; the kernel is left as it is

            """;
    }

    private sealed class Say(string text) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public void To(TextWriter output) => output.Write(text);

        public override int Invoke(ParseResult parseResult) => ExitStatus.Stopped;
    }
}
