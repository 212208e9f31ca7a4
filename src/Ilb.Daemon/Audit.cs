using System.Globalization;
using Ilb.Daemon.Access;
using Ilb.Daemon.Http;

namespace Ilb.Daemon;

/// <summary>Leaves one record in the log of each request that changes something or wants to, whatever came of it.</summary>
internal sealed class Audit(ILogger logger)
{
    private const int MaximumChanges = 20;
    private const int MaximumLength = 1000;

    /// <summary>Carries out what is asked for and records it.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="changes">What for, told when it is over: a request may be refused before it is known.</param>
    /// <param name="work">Does it.</param>
    public async Task<ApplyResult> RecordAsync(CallFeature caller, Func<string> changes, Func<Task<ApplyResult>> work)
    {
        try
        {
            var result = await work().ConfigureAwait(false);
            var failed = result.Steps.Count(static step => step.Failure is not null);
            Log.Changed(logger, caller.Caller.Name, caller.Peer.User, caller.Peer.Process, changes(),
                result.Converged ? $"version {result.Version}" : string.Create(CultureInfo.InvariantCulture, $"version {result.Version}, {failed} steps failed"));
            return result;
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.NotAuthorized)
        {
            Log.NotAllowed(logger, caller.Caller.Name, caller.Peer.User, caller.Peer.Process, changes(), Clean(e.Message));
            throw;
        }
        catch (Exception e)
        {
            var reason = e switch
            {
                IlbException refused => string.Join("; ", refused.Errors.Take(MaximumChanges).Select(static error => error.Message)),
                Refusal refusal => refusal.Message,
                OperationCanceledException => "the client went away",
                _ => e.Message,
            };
            Log.ChangeRefused(logger, caller.Caller.Name, caller.Peer.User, caller.Peer.Process, changes(), Clean(reason));
            throw;
        }
    }

    /// <summary>Changes in one line of bounded length.</summary>
    public static string TextOf(IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
            return "put right what the kernel holds";
        var text = string.Join("; ", changes.Take(MaximumChanges).Select(static change => change.ToString()));
        return Clean(changes.Count > MaximumChanges ? string.Create(CultureInfo.InvariantCulture, $"{text}; {changes.Count - MaximumChanges} more") : text);
    }

    // A record is one line, whoever made the texts in it.
    private static string Clean(string text)
    {
        if (text.Length > MaximumLength)
            text = $"{text[..MaximumLength]}…";
        return string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c));
    }
}
