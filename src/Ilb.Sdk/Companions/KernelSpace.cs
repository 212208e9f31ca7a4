using Ilb.Netlink;

namespace Ilb;

/// <summary>Where the kernel is reached: in the caller's network namespace, or in another, which is entered at the first use.</summary>
internal sealed class KernelSpace(string? path) : IDisposable
{
    private readonly Lazy<NetworkNamespace>? _inside = path is null ? null : new Lazy<NetworkNamespace>(() => NetworkNamespace.Enter(path));

    /// <summary>Runs something there, and waits for it.</summary>
    public T Run<T>(Func<T> work)
    {
        if (_inside is null)
            return work();
        try
        {
            return _inside.Value.Run(work);
        }
        catch (NetlinkException e)
        {
            throw new IlbException(IpvsForwarder.Code(e.Code), e.Message, e);
        }
    }

    public void Dispose()
    {
        if (_inside is { IsValueCreated: true })
            _inside.Value.Dispose();
    }
}
