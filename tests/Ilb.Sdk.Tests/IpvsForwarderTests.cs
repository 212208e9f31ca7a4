using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Tests;

public sealed class IpvsForwarderTests : IDisposable
{
    private static readonly IpvsService Web = Service("192.0.2.1"), Mail = Service("192.0.2.2");

    private readonly ScriptedKernel _kernel = new();
    private readonly IpvsForwarder _forwarder;

    public IpvsForwarderTests() => _forwarder = new IpvsForwarder(_kernel.Ipvs());

    public void Dispose() => _forwarder.Dispose();

    [Fact]
    public async Task An_expected_service_that_the_listing_missed_is_asked_for()
    {
        _kernel.Answers(Lists(IpvsAnswers.Service(Web)), Done());
        _kernel.Answers(Says(IpvsAnswers.Service(Mail)), Acknowledge());
        var services = await _forwarder.GetServicesAsync([Web.Key, Mail.Key], TestContext.Current.CancellationToken);
        Assert.Equal([Web.Key, Mail.Key], services.Keys);
    }

    [Fact]
    public async Task An_expected_service_that_is_gone_is_not_there()
    {
        _kernel.Answers(Lists(IpvsAnswers.Service(Web)), Done());
        _kernel.Answers(Refuse(3));
        var services = await _forwarder.GetServicesAsync([Web.Key, Mail.Key], TestContext.Current.CancellationToken);
        Assert.Equal([Web.Key], services.Keys);
    }

    [Fact]
    public async Task What_a_disturbed_listing_repeats_counts_once()
    {
        var server = new IpvsDestinationState
        {
            Destination = new IpvsDestination { Address = IPAddress.Parse("10.0.0.1"), Port = 80 },
            ActiveConnections = 1,
            InactiveConnections = 0,
            PersistentConnections = 0,
            Statistics = default,
        };
        _kernel.Answers(Lists(IpvsAnswers.Service(Web)), Lists(IpvsAnswers.Service(Web)), Done());
        _kernel.Answers(Lists(IpvsAnswers.Destination(server)), Lists(IpvsAnswers.Destination(server)), Done());
        Assert.Single(await _forwarder.GetServicesAsync([], TestContext.Current.CancellationToken));
        Assert.Single((await _forwarder.GetDestinationsAsync([Web.Key], TestContext.Current.CancellationToken))[Web.Key]);
    }

    private static IpvsService Service(string address) => new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse(address), 80) };
}
