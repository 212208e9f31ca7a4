using System.Text;

namespace Ilb.Cli.Text;

/// <summary>Reads what is imported.</summary>
internal static class ImportedText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text of a file, without byte order mark.</summary>
    public static string Decode(ReadOnlySpan<byte> content, LineErrors errors)
    {
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        try
        {
            return Strict.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            errors.Add(content[..e.Index].Count((byte)'\n') + 1, "it is not text in UTF-8");
            errors.ThrowIfAny();
            throw;
        }
    }

    /// <summary>The form that a text looks like.</summary>
    public static ImportSource Guess(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var content = line.TrimStart();
            if (content.IsEmpty || content[0] == '#')
                continue;
            if (content[0] == '{')
                return ImportSource.Json;
            if (content.StartsWith("-A ") || content.StartsWith("-a ") || content.StartsWith("--add-s") || content.StartsWith("ipvsadm "))
                return ImportSource.Ipvsadm;
            if (content[0] == '!' || content.StartsWith("global_defs") || content.StartsWith("virtual_server") || content.StartsWith("vrrp_"))
                return ImportSource.Keepalived;
            break;
        }

        return ImportSource.Ilb;
    }

    /// <summary>What the subcommands of a text say.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parse">What a subcommand says, null if nobody knows; what is wrong goes to the list.</param>
    /// <param name="errors">Where to tell what is wrong.</param>
    public static IEnumerable<ImportedLine> ReadCommands(string text, Func<string[], List<string>, IReadOnlyList<Change>?> parse, LineErrors errors)
    {
        foreach (var (line, words) in ShellText.Split(text, errors))
        {
            var faults = new List<string>();
            var changes = parse(words[0] == "ilbadm" ? words[1..] : words, faults);
            foreach (var fault in faults)
                errors.Add(line, fault);
            foreach (var change in changes ?? (IReadOnlyList<Change?>)[null])
                yield return new ImportedLine { Line = line, Change = change, IsFaulty = faults.Count > 0 };
        }
    }

    /// <summary>The objects of a configuration file.</summary>
    public static IEnumerable<ImportedLine> ReadJson(ReadOnlySpan<byte> content, LineErrors errors)
    {
        try
        {
            var configuration = IlbJson.DeserializeConfiguration(content);
            return
            [
                .. configuration.ServerGroups.Select(static group => new ImportedLine { Change = new CreateServerGroup { ServerGroup = group } }),
                .. configuration.HealthChecks.Select(static check => new ImportedLine { Change = new CreateHealthCheck { HealthCheck = check } }),
                .. configuration.FailoverGroups.Select(static group => new ImportedLine { Change = new CreateFailoverGroup { FailoverGroup = group } }),
                .. configuration.Rules.Select(static rule => new ImportedLine { Change = new CreateRule { Rule = rule } }),
            ];
        }
        catch (IlbException e)
        {
            foreach (var error in e.Errors)
                errors.Add(error.Line, error.Message);
            return [];
        }
    }
}
