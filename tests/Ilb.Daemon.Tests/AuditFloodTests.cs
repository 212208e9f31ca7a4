using Ilb.Daemon.Access;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Daemon.Tests;

public sealed class AuditFloodTests
{
    [Fact]
    public async Task A_flood_of_refusals_of_one_user_is_counted_and_does_not_push_out_the_records_of_others()
    {
        var (loggers, time) = (new RecordingLoggers(), new FakeTimeProvider());
        var audit = new Audit(loggers, time);
        var (loud, quiet) = (Call(1001), Call(1002));
        for (var i = 0; i < 100; i++)
            await RefuseAsync(audit, loud);
        await RefuseAsync(audit, quiet);
        Assert.Equal(20 + 1, Records(loggers).Length);
        time.Advance(TimeSpan.FromSeconds(10));
        await RefuseAsync(audit, loud);
        Assert.EndsWith("(and 80 more of this user before)", Records(loggers)[^1], StringComparison.Ordinal);
    }

    private static string[] Records(RecordingLoggers loggers) => [.. loggers.Audit.Select(static line => line.Text)];

    private static CallFeature Call(uint user) => new(new Peer(1, user, user, []), new Caller($"u{user}"));

    private static Task<IlbException> RefuseAsync(Audit audit, CallFeature call) =>
        Assert.ThrowsAsync<IlbException>(() => audit.RecordAsync(call, static () => "delete rule 'web'", static () => throw new IlbException(IlbErrorCode.NotAuthorized, "may not")));
}
