using System.CommandLine;
using System.Text;
using Ilb.Cli.Text;

namespace Ilb.Cli.Commands;

/// <summary>watch.</summary>
internal static class WatchCommand
{
    public static Command Make(Session session)
    {
        var json = new Option<bool>("--json") { Description = "Each event as JSON in a line of its own", Arity = ArgumentArity.Zero };
        return session.Acting("watch", [json], null, async (result, errors) =>
        {
            Refusal.ThrowIfAny(errors);
            await using var balancer = await session.OpenAsync(result).ConfigureAwait(false);
            // A command of its own would only ever see itself.
            if (balancer is not RemoteLoadBalancer)
                throw new Refusal("there is nobody to watch: events are the daemon's, and none is asked or runs (see ilbd)");
            var terminal = session.Terminal;
            await foreach (var happened in balancer.GetEventsAsync().ConfigureAwait(false))
            {
                var line = result.GetValue(json)
                    ? Encoding.UTF8.GetString(AnswerJson.Serialize(happened))
                    : $"{ClockText.Full(happened.Time, terminal.Time)} {happened.ToString().ReplaceLineEndings(" ")}";
                await terminal.Output.WriteLineAsync(line).ConfigureAwait(false);
                // For who waits for it, through a pipe too.
                await terminal.Output.FlushAsync().ConfigureAwait(false);
                if (terminal.IsOutputClosed)
                    break;
            }

            return ExitStatus.Done;
        });
    }
}
