using System.CommandLine;
using Ilb.Cli.Output;
using Ilb.Cli.Text;

namespace Ilb.Cli.Commands;

/// <summary>export-config.</summary>
internal static class ExportCommand
{
    public static Command Make(Session session)
    {
        var json = new Option<bool>("--json") { Description = "As JSON, in the form of the configuration file", Arity = ArgumentArity.Zero };
        var file = new Argument<string?>("file") { Description = "The file that is written or replaced; none or - = the standard output", Arity = ArgumentArity.ZeroOrOne };
        return session.Showing("export-config", [json], file, (result, _) => (Configuration configuration) =>
        {
            if (configuration.FailoverGroups.Count > 0 && !result.GetValue(json))
                throw new Refusal(Refusal.NotSupported("a failover group in the form of subcommands") + ": use --json");
            var text = result.GetValue(json) ? JsonText.Write(configuration) : ConfigurationText.Of(configuration);
            if (result.GetValue(file) is { } path and not "-")
                OutputFile.Write(path, text);
            else
                session.Terminal.Output.Write(text);
        });
    }
}
