using System.Net;

namespace Ilb;

/// <summary>A list of changes that somebody waits for. Until it is taken, its caller may withdraw it.</summary>
internal sealed class ApplyRequest : Message, IDisposable
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private readonly TaskCompletionSource<ApplyResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _registration;
    private int _state;

    public ApplyRequest(IReadOnlyList<Change> changes, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts, ApplyOptions options, CancellationToken cancellationToken)
    {
        Changes = changes;
        Hosts = hosts;
        Options = options;
        Cancellation = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static request => ((ApplyRequest)request!).Withdraw(), this);
    }

    public IReadOnlyList<Change> Changes { get; }

    /// <summary>The addresses of the host names in the changes.</summary>
    public IReadOnlyDictionary<string, ValueList<IPAddress>> Hosts { get; }

    public ApplyOptions Options { get; }

    /// <summary>Whether what is saved is to be read anew, for somebody else may have edited it. Then there are no changes.</summary>
    public bool IsReload { get; init; }

    /// <summary>What others found of servers; null (default) = nothing. Where there is something, there are no changes.</summary>
    public IReadOnlyList<OutsideVerdict>? Verdicts { get; init; }

    /// <summary>Stops what is done for it alone.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Whether the answer depends on what is saved: the version, or the plan of a dry run.</summary>
    public bool NeedsSaved => Options.DryRun || Options.ExpectedVersion is not null;

    public Task<ApplyResult> Answer => _answer.Task;

    /// <summary>From now on its caller cannot withdraw it; false if that has happened already.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) != Withdrawn;

    public void Complete(ApplyResult result) => _answer.TrySetResult(result);

    public override void Refuse(Exception reason) => _answer.TrySetException(reason);

    public void Dispose() => _registration.Dispose();

    private void Withdraw()
    {
        if (Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting)
            _answer.TrySetCanceled(Cancellation);
    }
}
