using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A test class whose every test has a client, a balancer and servers, each in a namespace, and an IPVS client for the balancer.</summary>
public abstract class TrafficTest(int servers) : IAsyncLifetime
{
    private readonly List<IDisposable> _held = [];
    private TestNetwork? _network;
    private IpvsClient? _ipvs;

    protected TestNetwork Net => _network ?? throw new InvalidOperationException("not initialised");

    protected IpvsClient Ipvs => _ipvs ?? throw new InvalidOperationException("not initialised");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync(servers);
        _ipvs = new IpvsClient(_network.Balancer.Options);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _ipvs?.Dispose();
        foreach (var thing in _held)
            thing.Dispose();
        if (_network is not null)
            await _network.DisposeAsync();
    }

    /// <summary>Disposes something at the test's end.</summary>
    protected T Hold<T>(T thing)
        where T : IDisposable
    {
        _held.Add(thing);
        return thing;
    }

    /// <summary>Adds a service with each server as a masqueraded destination.</summary>
    protected async Task ServeAsync(IpvsService service, int port)
    {
        await Ipvs.AddServiceAsync(service, Cancellation);
        for (int number = 1; number <= servers; number++)
        {
            var address = service.Key.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? TestNetwork.Server6(number) : TestNetwork.Server(number);
            await Ipvs.AddDestinationAsync(service.Key, new IpvsDestination { Address = address, Port = (ushort)port }, Cancellation);
        }
    }

    protected static IpvsServiceKey Vip(IpvsProtocol protocol, ushort port, bool six = false) => IpvsServiceKey.ForAddress(protocol, six ? TestNetwork.Vip6 : TestNetwork.Vip, port);

    protected static IPEndPoint Endpoint(IpvsServiceKey key) => new(key.Address ?? TestNetwork.Vip, key.Port);
}
