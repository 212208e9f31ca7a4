using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>The probers of one load balancer, each made when it is first needed.</summary>
internal sealed class Probers : IProberSet, IDisposable
{
    private readonly ProbeNetwork _network;
    private readonly Lock _turn = new();
    private readonly TlsHandshake _handshake;
    private readonly HealthLimits _limits;
    private readonly Dictionary<HealthTestKind, IProber> _probers = [];
    private readonly Dictionary<string, ProductProber> _products = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>Makes them.</summary>
    /// <param name="network">Where they probe from; it is disposed with them.</param>
    /// <param name="time">The clock that certificates are compared with.</param>
    /// <param name="limits">How many probes may be under way.</param>
    /// <param name="products">The probes of the product, by their names.</param>
    /// <param name="loggers">Where those log.</param>
    public Probers(ProbeNetwork network, TimeProvider time, HealthLimits limits, IEnumerable<KeyValuePair<string, IHealthProbe>> products, ILoggerFactory loggers)
    {
        // Names as of now: what a product does to its options later does not matter.
        foreach (var (name, probe) in products)
            _products.Add(name, new ProductProber(name, probe, loggers.CreateLogger($"Ilb.Probes.{name}")));
        _network = network;
        _handshake = new TlsHandshake(time);
        _limits = limits;
    }

    /// <inheritdoc/>
    public IProber For(HealthTest test)
    {
        if (test is ProductTest product)
        {
            return _products.TryGetValue(product.Probe, out var own)
                ? own : throw new InvalidOperationException($"no probe {Quote.Of(product.Probe)} is registered: there {(_products.Count == 0 ? "is none" : $"are {string.Join(", ", _products.Keys.Order(StringComparer.Ordinal))}")}");
        }

        // All plain ones share a thread.
        var kind = test.Kind switch
        {
            HealthTestKind.Ping or HealthTestKind.Udp or HealthTestKind.Sctp => HealthTestKind.Tcp,
            HealthTestKind.Https => HealthTestKind.Http,
            var other => other,
        };
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _probers.TryGetValue(kind, out var prober) ? prober : _probers[kind] = Make(kind);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            foreach (var prober in _probers.Values)
                ((IDisposable)prober).Dispose();
            _probers.Clear();
            foreach (var prober in _products.Values)
                prober.Dispose();
        }

        _network.Dispose();
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "they are kept until the set is disposed")]
    private IProber Make(HealthTestKind kind) => kind switch
    {
        HealthTestKind.Tcp => new SocketProber(_network, _limits.Plain),
        HealthTestKind.Http => new WebProber(_network, _handshake),
        HealthTestKind.Tls => new TlsProber(_network, _handshake),
        HealthTestKind.Dns => new DnsProber(_network),
        HealthTestKind.Smtp => new SmtpProber(_network),
        HealthTestKind.Grpc => new GrpcProber(_network),
        HealthTestKind.Script => new ScriptProber(_network),
        _ => throw new InvalidOperationException($"no prober for {kind}"),
    };
}
