using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>Values as far as they are there: what is missing is told by the parser, but must not keep what else is wrong from being told.</summary>
internal static class Values
{
    public static T? Of<T>(this ParseResult result, Option<T> option) => result.GetResult(option) is { } found && !found.Errors.Any() ? result.GetValue(option) : default;

    public static IReadOnlyList<string> Of(this ParseResult result, Option<string[]> option) => result.Of<string[]>(option) ?? [];

    public static string Of(this ParseResult result, Argument<string> argument) => result.GetResult(argument) is { Tokens.Count: 1 } found ? found.Tokens[0].Value : "";

    public static string[] Of(this ParseResult result, Argument<string[]> argument) => [.. result.GetResult(argument)?.Tokens.Select(static token => token.Value) ?? []];
}
