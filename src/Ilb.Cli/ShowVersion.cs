using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Ilb.Cli;

/// <summary>Tells the version.</summary>
internal sealed class ShowVersion : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"ilbadm {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}");
        return ExitStatus.Done;
    }
}
