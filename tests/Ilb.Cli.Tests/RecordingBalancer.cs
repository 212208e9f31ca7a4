namespace Ilb.Cli.Tests;

/// <summary>A load balancer that supports everything and keeps what it is asked to do.</summary>
internal sealed class RecordingBalancer(Configuration configuration) : ILoadBalancer
{
    private int _version;

    /// <summary>What others do just before changes are applied, once.</summary>
    public Func<Configuration, Configuration>? Meanwhile { get; set; }

    public Configuration Configuration { get; private set; } = configuration;

    public IReadOnlyList<Change> Changes { get; private set; } = [];

    /// <summary>What it says of itself; null (default) = nothing.</summary>
    public LoadBalancerState? State { get; set; }

    /// <summary>What it finds; null (default) = it does not look.</summary>
    public Diagnosis? Diagnosis { get; set; }

    /// <summary>The rules that it was last asked to look at; null if it was not.</summary>
    public IReadOnlyCollection<string>? Asked { get; private set; }

    private string Version => $"{_version}";

    public Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(new ConfigurationSnapshot { Configuration = Configuration, Version = Version });

    public Task<ApplyResult> ApplyAsync(IReadOnlyList<Change> changes, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Meanwhile is { } meanwhile)
        {
            Meanwhile = null;
            Configuration = meanwhile(Configuration);
            _version++;
        }

        if (options?.ExpectedVersion is { } expected && expected != Version)
            throw new IlbException(IlbErrorCode.VersionConflict, "too late");
        Configuration = changes.Aggregate(Configuration, static (next, change) => change.Resolve(next, new Dictionary<string, ValueList<System.Net.IPAddress>>()).ApplyTo(next));
        Changes = changes;
        return Task.FromResult(new ApplyResult { Version = $"{++_version}", Changes = changes.ToValueList(), Steps = [], Converged = true });
    }

    public Task<ApplyResult> JudgeAsync(IReadOnlyList<OutsideVerdict> verdicts, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default) => State is null ? throw new NotSupportedException() : Task.FromResult(State);

    public Task<LoadBalancerStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Diagnosis> DiagnoseAsync(IReadOnlyCollection<string>? rules = null, CancellationToken cancellationToken = default)
    {
        Asked = rules;
        return Diagnosis is null ? throw new NotSupportedException() : Task.FromResult(Diagnosis);
    }

    public IAsyncEnumerable<LoadBalancerEvent> GetEventsAsync(string? after = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
