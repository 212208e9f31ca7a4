using System.Collections;
using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Transport;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>Many requests at once. ILB_FULL=1: several times as many.</summary>
public sealed class BatchTests : KernelTest
{
    [Fact]
    public async Task One_failure_names_its_operation_and_the_others_still_happen()
    {
        var operations = new List<IpvsOperation>();
        var failures = new List<(int, NetlinkErrorCode, int)>();
        void Fails(IpvsOperation operation, NetlinkErrorCode code, int errno)
        {
            failures.Add((operations.Count, code, errno));
            operations.Add(operation);
        }

        for (int i = 0; i < 2_000; i++)
        {
            operations.Add(Make.Add(Key(i)));
            operations.Add(Make.Add(Key(i), Make.Destination("10.0.0.1:80")));
            switch (i % 10)
            {
                case 1:
                    Fails(Make.Add(Key(i)), NetlinkErrorCode.AlreadyExists, 17);
                    break;
                case 3:
                    Fails(Make.Add(Key(i), Make.Destination("10.0.0.1:80")), NetlinkErrorCode.AlreadyExists, 17);
                    break;
                case 5:
                    Fails(Make.Remove(Key(60_000)), NetlinkErrorCode.NotFound, 3);
                    Fails(Make.Add(Key(60_000), "nosuch"), NetlinkErrorCode.SchedulerNotFound, 2);
                    break;
                case 7:
                    Fails(Make.Add(Key(i), Make.Destination("224.0.0.1:80")), NetlinkErrorCode.InvalidArgument, 22);
                    break;
            }
        }

        Fails(Make.Remove(Key(i: 60_000)), NetlinkErrorCode.NotFound, 3);
        var answer = await Ipvs.ApplyAsync(operations, Cancellation);

        Assert.Equal(failures, answer.Select(failure => (failure.Index, failure.Error.Code, failure.Error.Errno)));
        Assert.All(answer, failure => Assert.Same(operations[failure.Index], failure.Operation));
        Assert.All(answer, failure => Assert.StartsWith($"{failure.Operation}: ", failure.Error.Message, StringComparison.Ordinal));
        var pools = await Ipvs.GetPoolsAsync(Cancellation);
        Assert.Equal(2_000, pools.Count);
        Assert.All(pools, pool => Assert.Single(pool.Destinations));
    }

    [Fact]
    public async Task Thousands_of_destinations_of_one_service_come_back_in_one_list()
    {
        // The kernel looks through a service's destinations one by one at each addition; already 2,000 fill many datagrams.
        var key = Key(1);
        var wanted = Enumerable.Range(0, FullRun.Count(2_000, full: 10_000)).Select(i => Make.Destination($"10.0.0.1:{i + 1}", weight: i)).ToArray();
        await ApplyAsync(wanted.Select(destination => Make.Add(key, destination)).Prepend(Make.Add(key)));
        Assert.Equal(wanted.ToHashSet(), (await Ipvs.GetDestinationsAsync(key, Cancellation)).Select(state => state.Destination).ToHashSet());
        await Ipvs.RemoveServiceAsync(key, Cancellation);
    }

    [Fact]
    public async Task A_cancelled_batch_stops_after_the_send_that_is_under_way()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var operations = new Watched([.. Enumerable.Range(0, 20_000).Select(i => Make.Add(Key(i)))], at: 3_000, giveUp.Cancel);
        using (var connection = new NetlinkConnection(Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol)), NetlinkOptions.Default, GenericFamily.ReceiveBufferLength))
            Assert.ThrowsAny<OperationCanceledException>(() => new IpvsExchange(connection).Apply(operations, giveUp.Token));

        var found = (await Ipvs.GetServicesAsync(Cancellation)).Select(state => state.Service.Key).ToHashSet();
        Assert.InRange(found.Count, 3_001, 5_000);
        Assert.Equal(Enumerable.Range(0, found.Count).Select(Key).ToHashSet(), found);
    }

    [Fact]
    public async Task A_client_whose_batch_was_cancelled_goes_on()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var second = new IpvsClient(Space.Options);
        var batch = Ipvs.ApplyAsync([.. Enumerable.Range(0, 20_000).Select(i => Make.Add(Key(i)))], giveUp.Token);
        while (await second.FindServiceAsync(Key(0), Cancellation) is null)
            Assert.False(batch.IsCompleted);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batch);
        await Ipvs.AddServiceAsync(Make.Service(Key(20_000)), Cancellation);
        Assert.NotNull(await Ipvs.FindServiceAsync(Key(20_000), Cancellation));
    }

    [Fact]
    public async Task What_is_cancelled_beforehand_sends_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Ipvs.AddServiceAsync(Make.Service(Key(1)), new CancellationToken(true)));
        Assert.Empty(await Ipvs.GetServicesAsync(Cancellation));
    }

    [Fact]
    public async Task Lists_survive_what_another_process_changes_meanwhile()
    {
        var stable = Enumerable.Range(0, 1_000).Select(Key).ToArray();
        await ApplyAsync(stable.Select(key => Make.Add(key)));
        string lines = string.Concat(Enumerable.Range(1_000, FullRun.Count(150, full: 600)).Select(i => $"-A -t {IpvsEndpoint(i)} -s rr\n-a -t {IpvsEndpoint(i)} -r 10.0.0.1:80 -m\n-D -t {IpvsEndpoint(i)}\n"));

        var other = Space.IpvsadmAsync("-R", lines);
        int lists = 0;
        while (!other.IsCompleted)
        {
            // The kernel numbers the entries, of all namespaces together, and does not say when the numbers shift: one may be missed or come twice.
            var services = await Ipvs.GetServicesAsync(Cancellation);
            Assert.InRange(services.Count, 500, 1_500);
            var last = services[^1].Service.Key;
            Assert.InRange((await Ipvs.GetDestinationsAsync(last, Cancellation)).Count, 0, 1);
            lists++;
        }

        await other;
        Assert.InRange(lists, 2, int.MaxValue);
        Assert.Equal(stable.ToHashSet(), (await Ipvs.GetServicesAsync(Cancellation)).Select(state => state.Service.Key).ToHashSet());
    }

    [Fact]
    public async Task Two_clients_and_many_callers_do_not_disturb_each_other()
    {
        int callers = FullRun.Count(12, full: 40);
        using var second = new IpvsClient(Space.Options);
        IpvsClient[] clients = [Ipvs, second];
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var client = clients[caller % 2];
            var keys = Enumerable.Range(caller * 100, 100).Select(Key).ToArray();
            Assert.Empty(await client.ApplyAsync([.. keys.Select(key => Make.Add(key))], Cancellation));
            var own = (await client.GetServicesAsync(Cancellation)).Select(state => state.Service.Key).ToHashSet();
            // A list may miss what others shift, but this one entry is asked for by name.
            Assert.NotEmpty(own);
            Assert.Equal(keys[50], (await client.FindServiceAsync(keys[50], Cancellation))?.Service.Key);
            var failure = Assert.Single(await client.ApplyAsync([Make.Add(keys[7]), Make.Remove(keys[7])], Cancellation));
            Assert.Equal(0, failure.Index);
        }));
        Assert.Equal(callers * 99, (await second.GetServicesAsync(Cancellation)).Count);
    }

    private static IpvsServiceKey Key(int i) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, new IPAddress([192, 0, (byte)(2 + i / 1_000), 1]), (ushort)(1 + i % 1_000));

    private static string IpvsEndpoint(int i) => $"192.0.{2 + i / 1_000}.1:{1 + i % 1_000}";

    /// <summary>A list that says when an element is written.</summary>
    private sealed class Watched(IReadOnlyList<IpvsOperation> list, int at, Action reached) : IReadOnlyList<IpvsOperation>
    {
        public int Count => list.Count;

        public IpvsOperation this[int index]
        {
            get
            {
                if (index == at)
                    reached();
                return list[index];
            }
        }

        public IEnumerator<IpvsOperation> GetEnumerator() => list.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
