using System.CommandLine;
using System.CommandLine.Parsing;
using Ilb.Cli.Commands;

namespace Ilb.Cli;

/// <summary>The command: from arguments to exit status.</summary>
internal static class Ilbadm
{
    /// <summary>Options of all subcommands whose next word is their value.</summary>
    private static readonly HashSet<string> ValueOptions =
    [
        "--config", "--instance", "--socket", "--from", "--next-id", "-i", "--incoming", "-m", "--method", "-h", "--health", "-t", "--timers", "-o", "--outgoing", "--columns", "-s", "--server", "-g", "--servergroup",
    ];

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal)
    {
        var status = await AnswerAsync(arguments, terminal).ConfigureAwait(false);
        // Where nobody can be told any more, the status still says it.
        try
        {
            terminal.Error.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        return status;
    }

    private static async Task<int> AnswerAsync(string[] arguments, Terminal terminal)
    {
        try
        {
            var status = await RunCommandAsync(arguments, terminal).ConfigureAwait(false);
            // Not asynchronously: that would start a thread of the pool, and the process has nothing else to do.
            terminal.Output.Flush();
            return status;
        }
        catch (Refusal refusal)
        {
            return await RefuseAsync(terminal, refusal.Messages).ConfigureAwait(false);
        }
        catch (IlbException e)
        {
            return await RefuseAsync(terminal, e.Errors.Select(static error => error.Message)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await RefuseAsync(terminal, [$"cannot write the output: {e.Message}"]).ConfigureAwait(false);
        }
    }

    private static async Task<int> RunCommandAsync(string[] arguments, Terminal terminal)
    {
        var place = PlaceOfSubcommand(arguments);
        var session = new Session(terminal, place < 0 ? null : Verbs.Resolve(arguments[place]));
        var (parsed, errors) = Parse(session, arguments.Length == 0 ? ["--help"] : arguments, place);
        // Help and version; the commands' own work is not the parser's to start, for it stops at its first error.
        if (parsed.Action?.ClearsParseErrors == true)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        if (session.Verb is null)
            throw new Refusal(errors.Count > 0 ? errors : ["a subcommand is missing; 'ilbadm --help' lists them"]);
        return await session.RunAsync(parsed, errors).ConfigureAwait(false);
    }

    /// <summary>Reads a command line.</summary>
    /// <returns>What was read, and what is wrong with it.</returns>
    public static (ParseResult Parsed, List<string> Errors) Parse(Session session, string[] arguments, int place)
    {
        // The subcommand as the parser knows it, and before all options: they mean the same on either side of it.
        string[] words = session.Verb is null ? arguments : [session.Verb.Name, .. arguments[..place], .. arguments[(place + 1)..]];
        // A value stands behind '=' only: what follows is a name.
        var dashes = Array.IndexOf(words, "--");
        if (session.CanWait)
            words = [.. words.Select((word, index) => dashes >= 0 && index > dashes ? word : word switch { "--wait" => $"--wait={Session.Forever}", "--wait=" => "--wait= ", _ => word })];
        var parsed = session.Root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return (parsed, parsed.Action?.ClearsParseErrors == true ? [] : ParseErrors(parsed));
    }

    /// <summary>Where the subcommand stands: it is the first word that is neither an option nor an option's value. -1 if there is none.</summary>
    public static int PlaceOfSubcommand(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (ValueOptions.Contains(arguments[i]))
                i++;
            else if (arguments[i] is not ['-', ..])
                return i;
        }

        return -1;
    }

    private static List<string> ParseErrors(ParseResult parsed)
    {
        // An import has thousands of lines, most of them without a fault.
        if (parsed.Errors.Count == 0 && parsed.UnmatchedTokens.Count == 0 && !parsed.Tokens.Any(static token => token is { Type: TokenType.Argument, Value: ['-', _, ..] }))
            return [];
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "'ilbadm --help'" : $"'ilbadm {command.Name} --help'";
        var options = command.Options.Concat(parsed.RootCommandResult.Command.Options).Where(static option => !option.Hidden)
            .SelectMany(static option => option.Aliases.Append(option.Name)).ToArray();
        var errors = new List<string>();
        // The parser takes an unknown option for a name; no name starts with a dash.
        var words = command.Arguments.SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? []).Select(static token => token.Value).ToArray();
        // What follows -- is a name, whatever it looks like; such words stand last.
        var dashes = parsed.Tokens.TakeWhile(static token => token.Type != TokenType.DoubleDash).Count();
        words = words[..^Math.Clamp(parsed.Tokens.Count - dashes - 1, 0, words.Length)];
        var unknown = words.Concat(parsed.UnmatchedTokens).Where(static word => word is ['-', _, ..]).ToArray();
        if (unknown.Contains("-h") || parsed.Errors.Any(static error => error.SymbolResult is OptionResult { Tokens.Count: 0, IdentifierToken.Value: "-h" }))
            throw new Refusal("help is -? or --help; -h is for health checks");
        errors.AddRange(unknown.Select(word => $"unknown option {Quote.Of(word)}{Suggestion.For(word, options)}; see {help}"));
        errors.AddRange(parsed.UnmatchedTokens.Where(static word => !word.StartsWith('-')).Skip(unknown.Length)
            .Select(word => $"{Quote.Of(word)} is one argument too many; see {help}"));

        errors.AddRange(parsed.Errors.Select(error => Describe(error, parsed)).OfType<string>());
        return errors.Distinct().ToList();
    }

    // The parser's own messages name neither the command nor what is expected.
    private static string? Describe(ParseError error, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var subject = command is RootCommand ? "" : $"{command.Name}: ";
        switch (error.SymbolResult)
        {
            case OptionResult { Option: { } option } result when result.Tokens.Count == 0:
                return $"{subject}{option.Aliases.Append(option.Name).MinBy(static name => name.Length)} {option.HelpName} is missing";
            case OptionResult { Option: { } option }:
                return $"{subject}{option.Aliases.Append(option.Name).MinBy(static name => name.Length)} is given more than once";
            case ArgumentResult { Argument: { } argument }:
                return $"{subject}{argument.Name.ToUpperInvariant()} is missing";
            case CommandResult when parsed.UnmatchedTokens.Count > 0:
                return null;
            default:
                return error.Message;
        }
    }

    private static async Task<int> RefuseAsync(Terminal terminal, IEnumerable<string> messages)
    {
        try
        {
            foreach (var message in messages)
                await terminal.Error.WriteLineAsync($"ilbadm: {message}").ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The status still says it.
        }

        return ExitStatus.Refused;
    }
}
