namespace Ilb;

/// <summary>What the loop does with what others say of servers.</summary>
internal sealed partial class Engine
{
    private async Task JudgeOutsideAsync(ApplyRequest first)
    {
        List<ApplyRequest> requests = [first];
        while (!_isClosing && requests.Count < MaximumBatch && _mailbox.Reader.TryPeek(out var message) && message is ApplyRequest { Verdicts: not null } && _mailbox.Reader.TryRead(out message))
            requests.Add((ApplyRequest)message);
        requests.RemoveAll(static request => !request.TryTake());
        try
        {
            // Who keeps the kernel knows what is configured; an edit of the file does not matter here.
            if (!_isKeeping && requests.Count > 0)
                _instance.CheckSource((await OpenAsync(requests[0]).ConfigureAwait(false)).State, _source, _present!.Version);
            var runtime = _compilation.Runtime;
            var asked = new List<(ApplyRequest Request, HashSet<string> Rules)>();
            foreach (var request in requests)
            {
                try
                {
                    (runtime, var rules) = OutsideWords.Apply(_compilation.Configuration, runtime, request.Verdicts!, Now);
                    asked.Add((request, rules));
                }
                catch (IlbException e)
                {
                    request.Refuse(e);
                }
            }

            if (asked.Count > 0)
                Answer(asked, await FollowAsync(runtime, [.. asked.SelectMany(static one => one.Rules).Distinct()]).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            // The loop goes on, whatever it was: those who wait learn it.
            _instance.Forget();
            foreach (var request in requests)
                request.Refuse(e);
        }
    }

    private void Answer(List<(ApplyRequest Request, HashSet<string> Rules)> asked, IReadOnlyList<TriedStep>? steps)
    {
        foreach (var (request, rules) in asked)
        {
            var own = (steps ?? []).Where(step => step.Step.Rule is { } rule && rules.Contains(rule)).Select(static step => step.Step).ToValueList();
            request.Complete(new ApplyResult { Version = _present!.Version, Changes = [], Steps = own, Converged = steps is not null && own.All(static step => step.Failure is null) });
        }
    }
}
