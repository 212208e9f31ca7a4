namespace Ilb.Tests;

/// <summary>What is told of a server about which several speak, and for how long a word holds.</summary>
public sealed class StandingTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    // Whose word there is besides: + alive, - dead, · none.
    [Theory]
    [InlineData(ServerHealth.Disabled, '-', '-', ServerHealth.Disabled, VerdictSource.Check)]
    [InlineData(ServerHealth.Alive, '-', '·', ServerHealth.Dead, VerdictSource.Outside)]
    [InlineData(ServerHealth.Dead, '-', '-', ServerHealth.Dead, VerdictSource.Outside)]
    [InlineData(ServerHealth.Dead, '+', '-', ServerHealth.Dead, VerdictSource.Check)]
    [InlineData(ServerHealth.Unreachable, '+', '-', ServerHealth.Unreachable, VerdictSource.Check)]
    [InlineData(ServerHealth.Alive, '+', '-', ServerHealth.Dead, VerdictSource.Passive)]
    [InlineData(ServerHealth.Unknown, '+', '-', ServerHealth.Dead, VerdictSource.Passive)]
    [InlineData(ServerHealth.Unknown, '+', '+', ServerHealth.Alive, VerdictSource.Outside)]
    [InlineData(ServerHealth.Unknown, '·', '+', ServerHealth.Unknown, VerdictSource.Check)]
    [InlineData(ServerHealth.Alive, '+', '+', ServerHealth.Alive, VerdictSource.Check)]
    public void Dead_by_anybodys_word_is_dead(ServerHealth check, char outside, char passive, ServerHealth status, VerdictSource source)
    {
        var (said, counted) = (Word(outside), Word(passive));
        var runtime = RuleRuntime.None.WithOutside(3, said).WithPassive(3, counted);
        var word = source switch
        {
            VerdictSource.Outside => said,
            VerdictSource.Passive => counted,
            _ => null,
        };
        Assert.Equal(new Standing(status, source, word), Standing.Of(check, runtime, 3));
        Assert.Equal(new Standing(check, VerdictSource.Check, null), Standing.Of(check, runtime, 4));
    }

    [Fact]
    public void A_word_is_over_when_its_time_is_and_where_the_clock_was_set_far_back()
    {
        var verdict = new Verdict { IsAlive = false, Since = Now, Until = Now.AddSeconds(60) };
        Assert.False(verdict.IsOver(Now));
        Assert.False(verdict.IsOver(Now.AddSeconds(60).AddTicks(-1)));
        Assert.True(verdict.IsOver(Now.AddSeconds(60)));
        Assert.False(verdict.IsOver(Now.AddSeconds(-60)));
        Assert.True(verdict.IsOver(Now.AddSeconds(-60).AddTicks(-1)));
        Assert.False((verdict with { Until = null }).IsOver(DateTimeOffset.MaxValue));
    }

    private static Verdict? Word(char letter) => letter == '·' ? null : new Verdict { IsAlive = letter == '+', Since = Now };
}
