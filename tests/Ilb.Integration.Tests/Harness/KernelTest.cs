using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A test class whose every test has a network namespace and an IPVS client of its own.</summary>
public abstract class KernelTest : IAsyncLifetime
{
    private TestNamespace? _space;
    private IpvsClient? _ipvs;

    protected TestNamespace Space => _space ?? throw new InvalidOperationException("not initialised");

    protected IpvsClient Ipvs => _ipvs ?? throw new InvalidOperationException("not initialised");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        _space = await TestNamespace.CreateAsync();
        _ipvs = new IpvsClient(_space.Options);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _ipvs?.Dispose();
        if (_space is not null)
            await _space.DisposeAsync();
    }

    /// <summary>Applies operations of which none may fail.</summary>
    protected async Task ApplyAsync(params IEnumerable<IpvsOperation> operations)
    {
        var failures = await Ipvs.ApplyAsync([.. operations], Cancellation);
        Assert.Equal([], failures.Select(failure => failure.Error.Message));
    }
}
