namespace Ilb.Tests;

public sealed class HealthCellTests
{
    [Fact]
    public async Task Readers_never_see_half_of_a_write()
    {
        var cell = new HealthCell();
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var last = 0;
            while (!end.IsCancellationRequested)
            {
                var state = cell.Read();
                Assert.Equal(state.Failures, state.Successes);
                Assert.Equal(state.Failures, (int)(state.Last?.Ticks ?? 0));
                Assert.Equal(state.Failures, (int)(state.RoundTrip?.Ticks ?? 0));
                Assert.Equal(state.Failures, state.Reason is null ? 0 : int.Parse(state.Reason, System.Globalization.CultureInfo.InvariantCulture));
                Assert.True(state.Failures >= last);
                last = state.Failures;
            }
        })).ToArray();
        for (var i = 1; i <= 200_000; i++)
            cell.Write(new HealthState { Failures = i, Successes = i, Last = new TimeSpan(i), RoundTrip = new TimeSpan(i), Reason = i.ToString(System.Globalization.CultureInfo.InvariantCulture) });
        await end.CancelAsync();
        await Task.WhenAll(readers);
    }
}
