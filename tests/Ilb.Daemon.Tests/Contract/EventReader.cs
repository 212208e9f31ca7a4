using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>Reads events one by one, with a deadline.</summary>
internal sealed class EventReader(IAsyncEnumerable<LoadBalancerEvent> events) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(60);

    private readonly IAsyncEnumerator<LoadBalancerEvent> _events = events.GetAsyncEnumerator();

    public async Task<LoadBalancerEvent> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Deadline), "the stream has ended");
        return _events.Current;
    }

    public ValueTask DisposeAsync() => _events.DisposeAsync();
}
