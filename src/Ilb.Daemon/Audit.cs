using System.Globalization;
using Ilb.Daemon.Access;
using Ilb.Daemon.Http;

namespace Ilb.Daemon;

/// <summary>Leaves one record in the log of each request that changes something or wants to, whatever came of it.</summary>
internal sealed class Audit(ILogger logger, TimeProvider time)
{
    // So many refusals of a user in so long have a record each; those beyond are counted in the next record, or they would push all others out of the log.
    private const int MaximumRefusals = 20;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Dictionary<uint, Refusals> _refusals = [];
    private readonly Lock _turn = new();

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
            if (Count(caller.Peer.User) is { } others)
                Log.NotAllowed(logger, caller.Caller.Name, caller.Peer.User, caller.Peer.Process, changes(), Clean(e.Message) + others);
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
            if (Count(caller.Peer.User) is { } others)
                Log.ChangeRefused(logger, caller.Caller.Name, caller.Peer.User, caller.Peer.Process, changes(), Clean(reason) + others);
            throw;
        }
    }

    /// <summary>Changes in one line of bounded length.</summary>
    public static string TextOf(IReadOnlyList<Change> changes)
    {
        return changes.Count == 0 ? "put right what the kernel holds" : TextOfAll(changes);
    }

    /// <summary>Verdicts in one line of bounded length.</summary>
    public static string TextOf(IReadOnlyList<OutsideVerdict> verdicts) => verdicts.Count == 0 ? "no verdicts" : $"verdicts: {TextOfAll(verdicts)}";

    private static string TextOfAll(IReadOnlyList<object> items)
    {
        var text = string.Join("; ", items.Take(MaximumChanges).Select(static item => item.ToString()));
        return Clean(items.Count > MaximumChanges ? string.Create(CultureInfo.InvariantCulture, $"{text}; {items.Count - MaximumChanges} more") : text);
    }

    // What a record says of refusals that had none; null = this one has none either.
    private string? Count(uint user)
    {
        lock (_turn)
        {
            var now = time.GetTimestamp();
            if (!_refusals.TryGetValue(user, out var refusals) || time.GetElapsedTime(refusals.Start, now) >= Window)
            {
                // Those of whom nothing is to be told any more.
                foreach (var old in _refusals.Where(pair => time.GetElapsedTime(pair.Value.Start, now) >= Window && pair.Value.Count <= MaximumRefusals).Select(static pair => pair.Key).ToArray())
                    _refusals.Remove(old);
                _refusals[user] = new Refusals(now, 1);
                return refusals.Count > MaximumRefusals ? string.Create(CultureInfo.InvariantCulture, $" (and {refusals.Count - MaximumRefusals} more of this user before)") : "";
            }

            _refusals[user] = refusals with { Count = refusals.Count + 1 };
            return refusals.Count < MaximumRefusals ? "" : null;
        }
    }

    private readonly record struct Refusals(long Start, int Count);

    // A record is one line, whoever made the texts in it.
    private static string Clean(string text)
    {
        if (text.Length > MaximumLength)
            text = $"{text[..MaximumLength]}…";
        return string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c));
    }
}
