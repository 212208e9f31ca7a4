namespace Ilb.Cli.Commands;

/// <summary>Reads the subcommands of a file. Each is made once, however many lines have it.</summary>
internal sealed class LineReader(Terminal terminal)
{
    private readonly Dictionary<string, Session> _sessions = [];

    /// <summary>What a subcommand asks for, as far as it can be read; null if there is no such subcommand.</summary>
    /// <param name="words">The subcommand and its arguments.</param>
    /// <param name="present">The configuration as the lines before leave it.</param>
    /// <param name="errors">Gets what is wrong.</param>
    public IReadOnlyList<Change>? Read(string[] words, Func<Configuration> present, List<string> errors)
    {
        try
        {
            var place = Ilbadm.PlaceOfSubcommand(words);
            var verb = place < 0 ? null : Verbs.Resolve(words[place]);
            if (!_sessions.TryGetValue(verb?.Name ?? "", out var session))
                _sessions.Add(verb?.Name ?? "", session = new Session(terminal, verb));
            return session.ReadLine(words, place, present, errors);
        }
        catch (Refusal refusal)
        {
            errors.AddRange(refusal.Messages);
            return null;
        }
    }
}
