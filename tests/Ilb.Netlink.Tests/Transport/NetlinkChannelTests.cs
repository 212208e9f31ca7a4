using System.Diagnostics;
using Ilb.Netlink.Transport;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Transport;

/// <summary>Callers take turns; a caller that gives up, or a kernel that hangs, costs one connection.</summary>
public sealed class NetlinkChannelTests : IDisposable
{
    private readonly ScriptedKernel _kernel = new();
    private readonly NetlinkChannel _channel;

    public NetlinkChannelTests() => _channel = _kernel.Channel();

    public void Dispose() => _channel.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_opened_before_the_first_call_and_one_socket_serves_all()
    {
        Assert.Equal(0, _kernel.Opened);
        _kernel.OtherwiseAcknowledges();
        await Execute();
        await Execute();
        Assert.Equal((1, 1), (_kernel.Opened, _kernel.Open));
    }

    [Fact]
    public async Task A_refusal_keeps_the_socket()
    {
        _kernel.Answers(Refuse(17));
        _kernel.Answers(Acknowledge());
        Assert.Equal(NetlinkErrorCode.AlreadyExists, (await Assert.ThrowsAsync<NetlinkException>(() => Execute())).Code);
        await Execute();
        Assert.Equal(1, _kernel.Opened);
    }

    [Fact]
    public async Task A_send_that_hangs_times_out_and_its_socket_is_closed_when_it_comes_back()
    {
        var hang = _kernel.Hangs(Acknowledge());
        var call = Execute();
        await hang.Entered;

        var error = await Assert.ThrowsAsync<NetlinkException>(() => _kernel.ExpireAsync(call));

        Assert.Equal((NetlinkErrorCode.Timeout, true), (error.Code, error.IsTransient));
        Assert.Equal("the kernel has not answered for 10 s; a call hangs in it", error.Message);
        Assert.Equal(1, _kernel.Open);
        hang.Release();
        await UntilAsync(() => _kernel.Open == 0);
    }

    [Fact]
    public async Task While_a_send_hangs_the_next_call_uses_another_socket()
    {
        var hang = _kernel.Hangs(Says(GenericHeader(1), U32(9, 1)), Acknowledge());
        _kernel.Answers(Says(GenericHeader(1), U32(9, 2)), Acknowledge());
        var call = Execute();
        await hang.Entered;
        await Assert.ThrowsAsync<NetlinkException>(() => _kernel.ExpireAsync(call));

        Assert.Equal([2u], await Execute());

        Assert.Equal(2, _kernel.Opened);
        hang.Release();
        await UntilAsync(() => _kernel.Open == 1);
    }

    [Fact]
    public async Task A_hang_does_not_time_out_early()
    {
        var hang = _kernel.Hangs(Acknowledge());
        var call = Execute();
        await hang.Entered;
        _kernel.Clock.Advance(TimeSpan.FromSeconds(9.9));
        hang.Release();
        Assert.Empty(await call);
    }

    [Fact]
    public async Task Silence_times_out_with_the_words_of_the_connection()
    {
        _kernel.Answers();
        var error = await Assert.ThrowsAsync<NetlinkException>(() => Execute());
        Assert.Equal((NetlinkErrorCode.Timeout, "the kernel has not answered 1 request within 10 s"), (error.Code, error.Message));
        Assert.Equal(0, _kernel.Open);
    }

    [Fact]
    public async Task After_silence_the_next_call_is_not_confused_by_the_late_answer()
    {
        _kernel.Answers(After(TimeSpan.FromSeconds(11), Says(GenericHeader(1), U32(9, 1))));
        _kernel.Answers(Says(GenericHeader(1), U32(9, 2)), Acknowledge());
        await Assert.ThrowsAsync<NetlinkException>(() => Execute());
        Assert.Equal([2u], await Execute());
        Assert.Equal((2, 1), (_kernel.Opened, _kernel.Open));
    }

    [Fact]
    public async Task A_long_list_whose_kernel_makes_progress_does_not_time_out()
    {
        _kernel.Answers([.. Enumerable.Range(1, 20).Select(i => After(TimeSpan.FromSeconds(9), Lists(GenericHeader(1), U32(9, (uint)i)))), Done()]);
        var before = _kernel.Clock.GetUtcNow();
        var numbers = await _channel.RunAsync(
            (connection, _) =>
            {
                var answers = new Answers<uint>(Probe.Number);
                connection.Dump(new Probe(), ref answers);
                return answers.List;
            },
            Token);
        Assert.Equal(20, numbers.Count);
        Assert.Equal(TimeSpan.FromSeconds(180), _kernel.Clock.GetUtcNow() - before);
    }

    [Fact]
    public async Task Cancelled_while_a_send_hangs_a_call_ends_at_once_and_the_next_uses_another_socket()
    {
        using var cancellation = new CancellationTokenSource();
        var hang = _kernel.Hangs(Acknowledge());
        _kernel.Answers(Acknowledge());
        var call = Execute(cancellation.Token);
        await hang.Entered;

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Execute();
        Assert.Equal(2, _kernel.Opened);
        hang.Release();
        await UntilAsync(() => _kernel.Open == 1);
    }

    [Fact]
    public async Task Cancelled_before_it_begins_a_call_sends_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Execute(new CancellationToken(canceled: true)));
        Assert.Empty(_kernel.Requests);
    }

    [Fact]
    public async Task What_was_given_up_sends_no_more_when_it_comes_back()
    {
        _kernel.MaximumRequests = 1;
        var hang = _kernel.Hangs(Acknowledge());
        var call = _channel.RunAsync(
            (connection, token) =>
            {
                for (int i = 0; i < 3; i++)
                {
                    token.ThrowIfCancellationRequested();
                    var none = new NoAnswer();
                    connection.Execute(new Probe(), ref none);
                }

                return true;
            },
            Token);
        await hang.Entered;
        await Assert.ThrowsAsync<NetlinkException>(() => _kernel.ExpireAsync(call));

        hang.Release();

        await UntilAsync(() => _kernel.Open == 0);
        Assert.Single(_kernel.Requests);
    }

    [Fact]
    public async Task What_was_given_up_while_its_socket_was_opened_sends_nothing()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var channel = new NetlinkChannel(_kernel.Options, () =>
        {
            entered.Set();
            release.Wait(Token);
            return _kernel.Connect();
        });
        var call = channel.RunAsync((connection, _) => Run(connection), Token);
        entered.Wait(Token);
        await Assert.ThrowsAsync<NetlinkException>(() => _kernel.ExpireAsync(call));

        release.Set();

        await UntilAsync(() => _kernel.Opened == 1 && _kernel.Open == 0);
        Assert.Empty(_kernel.Requests);
    }

    [Fact]
    public async Task A_socket_that_cannot_be_opened_fails_the_call_and_not_the_next()
    {
        _kernel.FailsToOpen(new NetlinkException(NetlinkErrorCode.SystemCall, "no descriptors", 24));
        Assert.Equal("no descriptors", (await Assert.ThrowsAsync<NetlinkException>(() => Execute())).Message);
        _kernel.FailsToOpen(null);
        _kernel.Answers(Acknowledge());
        await Execute();
    }

    [Fact]
    public async Task A_socket_that_fails_is_closed_and_the_next_call_uses_another()
    {
        _kernel.FailsToSend(new NetlinkException(NetlinkErrorCode.SystemCall, "sending", 5));
        _kernel.Answers(Acknowledge());
        await Assert.ThrowsAsync<NetlinkException>(() => Execute());
        await Execute();
        Assert.Equal((2, 1), (_kernel.Opened, _kernel.Open));
    }

    [Fact]
    public async Task Work_that_fails_with_a_TimeoutException_of_its_own_ends()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _channel.RunAsync<int>((_, _) => throw new TimeoutException(), Token));
    }

    [Fact]
    public async Task Concurrent_callers_take_turns_on_one_socket()
    {
        // Each answer is the number of the request: mixed-up ones would show; two threads on one socket fail the scripted kernel.
        _kernel.Otherwise(sent => [Says(GenericHeader(1), U32(9, sent[0].Sequence)), Acknowledge()]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => Execute(), Token)));
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (uint)i), answers.Select(answer => Assert.Single(answer)).Order());
        Assert.Equal((1, 1), (_kernel.Opened, _kernel.Open));
    }

    [Fact]
    public async Task A_caller_may_give_up_while_it_waits_for_its_turn()
    {
        var hang = _kernel.Hangs(Acknowledge());
        var first = Execute();
        await hang.Entered;
        using var cancellation = new CancellationTokenSource();
        var second = Execute(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        hang.Release();
        await first;
        Assert.Single(_kernel.Requests);
    }

    [Fact]
    public async Task After_disposal_the_socket_is_closed_and_calls_are_refused()
    {
        _kernel.Answers(Acknowledge());
        await Execute();
        _channel.Dispose();
        Assert.Equal(0, _kernel.Open);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Execute());
        _channel.Dispose();
    }

    [Fact]
    public async Task A_call_under_way_at_disposal_still_ends_and_a_waiting_one_is_refused()
    {
        var hang = _kernel.Hangs(Says(GenericHeader(1), U32(9, 1)), Acknowledge());
        var first = Execute();
        await hang.Entered;
        var second = Execute();
        _channel.Dispose();
        hang.Release();
        Assert.Equal([1u], await first);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second);
        Assert.Equal(0, _kernel.Open);
    }

    private Task<List<uint>> Execute(CancellationToken? cancellationToken = null) => _channel.RunAsync((connection, _) => Run(connection), cancellationToken ?? Token);

    private static List<uint> Run(NetlinkConnection connection)
    {
        var numbers = new Answers<uint>(Probe.Number);
        connection.Execute(new Probe(), ref numbers);
        return numbers.List;
    }

    // What happens on another thread, soon.
    private static async Task UntilAsync(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), "it does not happen");
            await Task.Yield();
        }
    }
}
