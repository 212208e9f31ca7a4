using Ilb.Netlink;

namespace Ilb.Integration.Tests.Harness;

/// <summary>
/// A setting that all network namespaces share, until it is disposed. Where tests run natively it is the machine's,
/// which must stay as it is: the test is skipped.
/// </summary>
internal sealed class SharedSysctl : IDisposable
{
    // A thread of the pool may be in a test's namespace: it inherits that of the thread that had it started.
    private readonly NetworkNamespace _first = NetworkNamespace.Enter("/proc/1/ns/net");
    private readonly string _file;
    private readonly string _before;

    /// <param name="name">Below <c>/proc/sys</c>.</param>
    /// <param name="value">What is written.</param>
    public SharedSysctl(string name, string value)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("ILB_LAB") == "native", $"{name} belongs to the machine");
        _file = $"/proc/sys/{name}";
        _before = _first.Run(() => File.ReadAllText(_file));
        Write(value);
    }

    public void Dispose()
    {
        Write(_before);
        _first.Dispose();
    }

    private void Write(string value) => _first.Run(() =>
    {
        File.WriteAllText(_file, value);
        return true;
    });
}
