using System.CommandLine;
using System.Text.Json;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>doctor: what keeps traffic from the rules.</summary>
internal static class DoctorCommand
{
    public static Command Make(Session session)
    {
        var json = new Option<bool>("--json") { Description = "As JSON", Arity = ArgumentArity.Zero };
        var names = new Argument<string[]>("rule") { Description = "The rules; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Acting("doctor", [json], names, async (result, errors) =>
        {
            Refusal.ThrowIfAny(errors);
            await using var balancer = await session.OpenAsync(result).ConfigureAwait(false);
            var rules = result.Of(names);
            // For the suggestion that a mistyped name gets everywhere.
            _ = Chosen.Of((await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration.Rules, static rule => rule.Name, rules, "rule");
            var diagnosis = await balancer.DiagnoseAsync(rules).ConfigureAwait(false);
            if (result.GetValue(json))
                session.Terminal.Output.Write(JsonText.Write(writer => WriteJson(writer, diagnosis)));
            else
                Write(session.Terminal.Output, diagnosis);
            return StatusOf(diagnosis);
        });
    }

    private static int StatusOf(Diagnosis diagnosis) => diagnosis.Findings.Select(static finding => finding.Severity).DefaultIfEmpty().Max() switch
    {
        FindingSeverity.Error => ExitStatus.FoundErrors,
        FindingSeverity.Warning => ExitStatus.FoundWarnings,
        _ => ExitStatus.Done,
    };

    private static void Write(TextWriter output, Diagnosis diagnosis)
    {
        if (diagnosis.Findings.Count == 0)
            output.WriteLine("nothing found");
        foreach (var finding in diagnosis.Findings)
        {
            output.WriteLine(finding);
            foreach (var line in finding.Advice?.Split('\n') ?? [])
                output.WriteLine($"    {line}");
        }
    }

    // The members of a finding as the daemon's answers have them.
    private static void WriteJson(Utf8JsonWriter writer, Diagnosis diagnosis)
    {
        writer.WriteStartArray("findings");
        foreach (var finding in diagnosis.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", finding.Severity.ToText());
            writer.WriteString("kind", JsonNamingPolicy.KebabCaseLower.ConvertName(finding.Kind.ToString()));
            WriteList(writer, "rules", finding.Rules);
            WriteList(writer, "servers", finding.Servers.Select(static server => server.ToString()));
            writer.WriteString("message", finding.Message);
            if (finding.Advice is not null)
                writer.WriteString("advice", finding.Advice);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
