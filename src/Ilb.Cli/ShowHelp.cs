using System.CommandLine;
using System.CommandLine.Invocation;
using Ilb.Cli.Commands;

namespace Ilb.Cli;

/// <summary>The help, made of what the parser and the lists of keys know.</summary>
internal sealed class ShowHelp(Verb? verb) : SynchronousCommandLineAction
{
    private const int Width = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        if (verb is null)
            WriteRoot(output, parseResult.RootCommandResult.Command);
        else
            WriteVerb(output, verb, parseResult.CommandResult.Command);
        return ExitStatus.Done;
    }

    private static void WriteRoot(TextWriter output, Command root)
    {
        output.WriteLine(
            """
            ilbadm: balances load inside the Linux kernel. Rules say which packets go to which group of servers.

            Usage:
              ilbadm SUBCOMMAND [OPTION...] [NAME...]
              ilbadm SUBCOMMAND --help

            """);
        foreach (var title in Verbs.All.GroupBy(static verb => verb.Title))
        {
            output.WriteLine($"{title.Key}:");
            WriteRows(output, title.Select(static verb => ($"  {verb.Name}{(verb.Alias is null ? "" : $", {verb.Alias}")}", verb.Summary)));
            output.WriteLine();
        }

        output.WriteLine("Options:");
        WriteRows(output, root.Options.Where(static option => !option.Hidden).Select(Row));
        output.WriteLine(
            """

            Exit status:
              0  done and in the kernel
              1  refused, nothing changed; all reasons are on stderr
              3  saved, but the kernel does not hold all of it yet (the daemon or the next command tries again),
                 or connections are left after --wait
              4  doctor found what may hit traffic, or will
              5  doctor found what hits traffic

            Examples:
              ilbadm create-servergroup -s server=10.0.0.11-10.0.0.14:8080 web
              ilbadm create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web
              ilbadm show-rule -o rulename,vip,port,kernel
            """);
    }

    private static void WriteVerb(TextWriter output, Verb verb, Command command)
    {
        output.WriteLine($"{verb.Name}{(verb.Alias is null ? "" : $" (alias {verb.Alias})")}: {char.ToLowerInvariant(verb.Summary[0])}{verb.Summary[1..]}.{(verb.Details is null ? "" : $" {verb.Details}.")}");
        output.WriteLine();
        output.WriteLine("Usage:");
        var options = command.Options.Where(static option => !option.Hidden).ToArray();
        output.WriteLine($"  ilbadm {verb.Name} {string.Join(' ', options.Select(Usage).Concat(command.Arguments.Select(Usage)))}");
        output.WriteLine();
        output.WriteLine("Arguments and options:");
        WriteRows(output, command.Arguments.Select(static argument => ($"  {argument.Name.ToUpperInvariant()}", argument.Description ?? "")).Concat(options.SelectMany(Rows)));
        output.WriteLine("  Also --config, --instance, --socket and --local, as 'ilbadm --help' tells.");
        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in verb.Examples)
            output.WriteLine($"  ilbadm {example}");
    }

    private static string Usage(Option option)
    {
        var text = option.HelpName is null ? Short(option) : $"{Short(option)} {option.HelpName}";
        return $"{(option.Required ? text : $"[{text}]")}{(option is KeysOption { IsRepeatable: true } ? "..." : "")}";
    }

    private static string Usage(Argument argument)
    {
        var text = $"{argument.Name.ToUpperInvariant()}{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{text}]" : text;
    }

    private static string Short(Option option) => option.Aliases.Append(option.Name).MinBy(static name => name.Length)!;

    private static (string, string) Row(Option option) =>
        ($"  {string.Join(", ", option.Aliases.Append(option.Name).OrderBy(static name => name.Length))}{(option.HelpName is null ? "" : $" {option.HelpName}")}", option.Description ?? "");

    private static IEnumerable<(string, string)> Rows(Option option)
    {
        yield return Row(option);
        foreach (var key in (option as KeysOption)?.Keys ?? [])
            yield return ($"      {key.Name}={key.Form}", key.Aliases.Count == 0 ? key.Help : $"{key.Help}; also {string.Join(", ", key.Aliases.Select(static alias => $"{alias}="))}");
    }

    private static void WriteRows(TextWriter output, IEnumerable<(string Left, string Right)> rows)
    {
        const int Indent = 36;
        foreach (var (left, right) in rows)
        {
            var line = left.Length < Indent ? left.PadRight(Indent) : $"{left}  ";
            foreach (var word in right.Split(' '))
            {
                if (line.Length + word.Length > Width && line.Trim().Length > 0)
                {
                    output.WriteLine(line.TrimEnd());
                    line = new string(' ', Indent);
                }

                line += $"{word} ";
            }

            output.WriteLine(line.TrimEnd());
        }
    }
}
