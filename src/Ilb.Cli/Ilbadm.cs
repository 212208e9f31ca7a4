using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Ilb.Cli.Commands;

namespace Ilb.Cli;

/// <summary>The command: from arguments to exit status.</summary>
internal static class Ilbadm
{
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
        var session = new Session(terminal);
        MakeRoot(session);
        var (parsed, errors) = Parse(session.Root, arguments);
        // Help and version; the commands' own work is not the parser's to start, for it stops at its first error.
        if (parsed.Action?.ClearsParseErrors == true)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        return await session.RunAsync(parsed, errors).ConfigureAwait(false);
    }

    /// <summary>Reads a command line.</summary>
    /// <returns>What was read, and what is wrong with it.</returns>
    public static (ParseResult Parsed, List<string> Errors) Parse(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(Normalize(arguments), new ParserConfiguration { ResponseFileTokenReplacer = null });
        return (parsed, parsed.Action?.ClearsParseErrors == true ? [] : ParseErrors(parsed));
    }

    private static void MakeRoot(Session session)
    {
        var root = session.Root;
        root.Options.Clear();
        root.Directives.Clear();
        var help = new HelpOption("--help", "-?");
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption("--version", "-V") { Recursive = true, Action = new ShowVersion() });
        foreach (var option in session.Global)
            root.Options.Add(option);
        foreach (var command in ServerGroupCommands.Make(session).Concat(ServerCommands.Make(session)).Concat(RuleCommands.Make(session)).Append(ExportCommand.Make(session)).Append(ImportCommand.Make(session)))
        {
            command.Aliases.Add(Verbs.AliasOf(command.Name));
            root.Subcommands.Add(command);
        }
    }

    /// <summary>Writes the subcommand as the parser knows it, and before all options: they mean the same on either side of it.</summary>
    private static string[] Normalize(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (Session.TakesValue(arguments[i]))
                i++;
            else if (arguments[i].Length == 0 || arguments[i][0] != '-')
                return [Verbs.Resolve(arguments[i]), .. arguments[..i], .. arguments[(i + 1)..]];
        }

        return arguments.Length == 0 ? ["--help"] : arguments;
    }

    private static List<string> ParseErrors(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "'ilbadm --help'" : $"'ilbadm {command.Name} --help'";
        var options = command.Options.Concat(parsed.RootCommandResult.Command.Options).Where(static option => !option.Hidden)
            .SelectMany(static option => option.Aliases.Append(option.Name)).ToArray();
        var errors = new List<string>();
        // The parser takes an unknown option for a name; no name starts with a dash.
        var words = command.Arguments.SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? []).Select(static token => token.Value).ToArray();
        var unknown = words.Concat(parsed.UnmatchedTokens).Where(static word => word is ['-', _, ..]).ToArray();
        if (unknown.Contains("-h") || parsed.Errors.Any(static error => error.SymbolResult is OptionResult { Tokens.Count: 0 } result && result.Option.Aliases.Append(result.Option.Name).Contains("-h")))
            throw new Refusal("help is -? or --help; -h is for health checks");
        errors.AddRange(unknown.Select(word => $"unknown option '{word}'{Suggestion.For(word, options)}; see {help}"));
        errors.AddRange(parsed.UnmatchedTokens.Where(static word => !word.StartsWith('-')).Skip(unknown.Length)
            .Select(word => $"'{word}' is one argument too many; see {help}"));

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
                return $"{subject}<{argument.Name}> is missing";
            case CommandResult { Command: RootCommand }:
                return parsed.UnmatchedTokens.Count > 0 ? null : "a subcommand is missing; 'ilbadm --help' lists them";
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
