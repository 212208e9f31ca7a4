using Ilb.Netlink;
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

    /// <summary>Applies an operation that the kernel refuses.</summary>
    protected async Task RefusesAsync(IpvsOperation operation, NetlinkErrorCode code, int errno, string message)
    {
        var failures = await Ipvs.ApplyAsync([operation], Cancellation);
        var failure = Assert.Single(failures);
        Assert.Equal((0, operation), (failure.Index, failure.Operation));
        Assert.Equal((message, code, errno), (failure.Error.Message, failure.Error.Code, failure.Error.Errno));
    }
}
