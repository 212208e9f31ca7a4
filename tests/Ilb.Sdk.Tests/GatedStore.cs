namespace Ilb.Tests;

/// <summary>A store in memory that counts its saves, and can be stopped in one or fail.</summary>
internal sealed class GatedStore : IConfigurationStore
{
    private ConfigurationSnapshot _saved = new() { Configuration = Configuration.Empty, Version = "v0" };
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _entered = new();

    public int Saves { get; private set; }

    /// <summary>The save, from 1, that fails; 0 = none.</summary>
    public int FailingSave { get; set; }

    public IlbException Failure { get; } = new(IlbErrorCode.SaveFailed, "the disk is full");

    /// <summary>Stops the next save until <see cref="Open"/>.</summary>
    /// <returns>When it has begun.</returns>
    public Task Close()
    {
        _entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _entered.Task;
    }

    public void Open() => _gate!.SetResult();

    public Task<ConfigurationSnapshot> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(_saved);

    public async Task<string> SaveAsync(Configuration configuration, string expectedVersion, CancellationToken cancellationToken)
    {
        Assert.Equal(_saved.Version, expectedVersion);
        var gate = Interlocked.Exchange(ref _gate, null);
        if (gate is not null)
        {
            _gate = gate;
            _entered.SetResult();
            await gate.Task;
            _gate = null;
        }

        Saves++;
        if (Saves == FailingSave)
            throw Failure;
        _saved = new ConfigurationSnapshot { Configuration = configuration, Version = $"v{Saves}" };
        return _saved.Version;
    }
}
