using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>What is read of the kernel, and how often.</summary>
public sealed class LookTests : IDisposable
{
    private static readonly IpvsServiceKey[] Keys = [Key(1), Key(2), Key(3)];

    private readonly InMemoryIpvs _ipvs = new();
    private readonly List<IpvsServiceKey> _asked = [];

    public LookTests()
    {
        foreach (var key in Keys.Take(2))
        {
            Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = key } }));
            Assert.True(_ipvs.Do(new IpvsOperation.AddDestination { Service = key, Destination = Destination }));
        }

        _ipvs.OnFind = _asked.Add;
    }

    public void Dispose() => _ipvs.Dispose();

    private static IpvsDestination Destination { get; } = new() { Address = IPAddress.Parse("10.0.0.1"), Port = 80 };

    [Fact]
    public async Task Each_object_is_read_once_and_only_if_somebody_asks()
    {
        var look = new Look(_ipvs);
        await look.ReadAsync(Keys, static key => key.Port == 1, Token);
        Assert.Equal(Keys, _asked);
        Assert.Equal(1, _ipvs.DestinationReads);
        Assert.Equal([Destination], look.Observe(Key(1))!.Destinations!);
        Assert.Null(look.Observe(Key(2))!.Destinations);
        Assert.Null(look.Observe(Key(3)));
        Assert.Equal([Key(1), Key(2)], look.Found);
        await look.ReadAsync(Keys, static _ => true, Token);
        Assert.Equal(Keys, _asked);
        Assert.Equal(2, _ipvs.DestinationReads);
        Assert.Equal([Destination], look.Observe(Key(2))!.Destinations!);
        await look.ReadAsync(Keys, static _ => true, Token);
        Assert.Equal(2, _ipvs.DestinationReads);
    }

    [Fact]
    public async Task After_a_list_of_all_no_service_is_looked_for()
    {
        var look = new Look(_ipvs);
        Assert.False(look.IsFull);
        await look.ListAsync([], Token);
        await look.ListAsync([], Token);
        Assert.True(look.IsFull);
        Assert.Equal(1, _ipvs.Lists);
        await look.ReadAsync(Keys, static _ => true, Token);
        Assert.Empty(_asked);
        Assert.Null(look.Observe(Key(3)));
        Assert.Equal([Destination], look.Observe(Key(1))!.Destinations!);
    }

    [Fact]
    public async Task What_was_listed_a_moment_ago_is_not_looked_for_again()
    {
        var seen = await ((IForwarder)_ipvs).GetServicesAsync([], Token);
        var look = new Look(_ipvs, seen.Where(static pair => pair.Key.Port == 1).ToDictionary());
        await look.ReadAsync(Keys, static _ => false, Token);
        Assert.Equal([Key(2), Key(3)], _asked);
        Assert.Equal([Key(1), Key(2)], look.Found);
    }

    [Fact]
    public async Task What_is_presumed_is_not_read()
    {
        var look = new Look(_ipvs);
        var presumed = new VirtualService { Rule = "r", Service = new IpvsService { Key = Key(1) }, Destinations = [Destination with { Weight = 7 }] };
        look.Presume(presumed);
        await look.ReadAsync([Key(1)], static _ => true, Token);
        Assert.Empty(_asked);
        Assert.Equal(0, _ipvs.DestinationReads);
        Assert.Equal(presumed.Destinations, look.Observe(Key(1))!.Destinations);
        Assert.Null(look.DestinationsOf(Key(2)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);
}
