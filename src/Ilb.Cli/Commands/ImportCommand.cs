using System.CommandLine;
using Ilb.Cli.Text;

namespace Ilb.Cli.Commands;

/// <summary>import-config.</summary>
internal static class ImportCommand
{
    // As much as the file of a configuration may have; what is longer is something else, and would take the memory.
    private const int MaximumLength = 64 << 20;

    public static Command Make(Session session)
    {
        var preserve = new Option<bool>("-p", "--preserve") { Description = "Add to what is there; without -p it is replaced", Arity = ArgumentArity.Zero };
        var from = new Option<string?>("--from") { Description = "What the file is: ilb (subcommands), json (a configuration file), ipvsadm (what 'ipvsadm -Sn' prints); default as it looks", HelpName = "FORM" };
        var adopt = new Option<bool>("--adopt") { Description = "Take over services of others that stand where rules belong, if they have the same servers; no connection is cut", Arity = ArgumentArity.Zero };
        var file = new Argument<string?>("file") { Description = "The file; none or - = the standard input", Arity = ArgumentArity.ZeroOrOne };
        return session.Acting("import-config", [preserve, from, adopt, session.DryRun], file, (result, errors) =>
        {
            ImportSource? source = null;
            if (result.Of(from) is { } form && (source = Source(form)) is null)
                errors.Add($"--from: {Quote.Of(form)} does not exist{Suggestion.For(form, Forms)}; known are {string.Join(", ", Forms)}");
            if (source == ImportSource.Keepalived)
                errors.Add(Refusal.NotSupported("--from keepalived"));
            Refusal.ThrowIfAny(errors);
            var options = new ApplyOptions { DryRun = result.GetValue(session.DryRun), Adopt = result.GetValue(adopt) };
            return RunAsync(session, result, result.GetValue(file), source, result.GetValue(preserve), options);
        });
    }

    private static string[] Forms => [.. Enum.GetNames<ImportSource>().Select(static name => name.ToLowerInvariant())];

    private static ImportSource? Source(string form) => Enum.GetValues<ImportSource>().Cast<ImportSource?>().FirstOrDefault(source => string.Equals(source.ToString(), form, StringComparison.OrdinalIgnoreCase));

    private static async Task<int> RunAsync(Session session, ParseResult result, string? path, ImportSource? source, bool preserve, ApplyOptions options)
    {
        var content = Read(session.Terminal, path);
        var errors = new LineErrors(path is null or "-" ? "standard input" : path);
        var notes = new List<string>();
        var lines = Lines(session, content, source, errors, notes);
        await using var balancer = await session.OpenAsync(result).ConfigureAwait(false);
        var imported = new ImportedConfiguration(Configuration.Empty, errors);
        try
        {
            // What is added to must not change meanwhile; what is replaced may.
            var done = preserve
                ? await balancer.UpdateAsync(Decide, options).ConfigureAwait(false)
                : await balancer.ApplyAsync(Decide(Configuration.Empty), options).ConfigureAwait(false);
            var status = await session.TellAsync(result, balancer, done, options).ConfigureAwait(false);
            foreach (var note in notes)
                await session.Terminal.Error.WriteLineAsync($"ilbadm: {note}").ConfigureAwait(false);
            return status;
        }
        catch (IlbException e) when (e.Errors.Count(imported.Tell) == e.Errors.Count)
        {
            if (!options.Adopt && e.Errors.Any(static error => error.Code == IlbErrorCode.ForeignService))
                errors.Add(null, "with --adopt, services of others that have the same servers are taken over");
            errors.ThrowIfAny();
            throw;
        }

        IReadOnlyList<Change> Decide(Configuration present)
        {
            imported = new ImportedConfiguration(present, errors);
            foreach (var line in lines(imported))
                imported.Apply(line);
            if (errors.Count > 0)
                imported.Validate();
            errors.ThrowIfAny();
            return [new ReplaceAll { Configuration = imported.ToConfiguration() }];
        }
    }

    // Commands are read one by one, for one may ask what those before it made.
    private static Func<ImportedConfiguration, IEnumerable<ImportedLine>> Lines(Session session, byte[] content, ImportSource? source, LineErrors errors, List<string> notes)
    {
        var text = ImportedText.Decode(content, errors);
        // The program that should have written it failed, more likely than that all is to be deleted.
        if (string.IsNullOrWhiteSpace(text))
            errors.Add(null, "it is empty; to delete everything, import a comment: #");
        errors.ThrowIfAny();
        switch (source ?? ImportedText.Guess(text))
        {
            case ImportSource.Json:
                var objects = ImportedText.ReadJson(content, errors);
                return _ => objects;
            case ImportSource.Ipvsadm:
                var services = IpvsadmText.Read(text, errors, notes);
                return _ => services;
            case ImportSource.Keepalived:
                throw new Refusal(Refusal.NotSupported("--from keepalived, which this looks like,"));
            default:
                var reader = new LineReader(session.Terminal);
                return imported => ImportedText.ReadCommands(text, (words, faults) => reader.Read(words, imported.ToConfiguration, faults), errors);
        }
    }

    private static byte[] Read(Terminal terminal, string? path)
    {
        try
        {
            using var stream = path is null or "-" ? terminal.Input() : File.OpenRead(path);
            using var content = new MemoryStream();
            var buffer = new byte[1 << 16];
            while (stream.Read(buffer) is > 0 and var count)
            {
                content.Write(buffer, 0, count);
                if (content.Length > MaximumLength)
                    throw new IOException("it is larger than 64 MB");
            }

            return content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "it does not exist",
                UnauthorizedAccessException => Directory.Exists(path) ? "it is a folder" : "permission denied",
                _ => e.Message,
            };
            throw new Refusal($"cannot read {(path is null or "-" ? "the standard input" : Quote.Of(path))}: {reason}");
        }
    }
}
