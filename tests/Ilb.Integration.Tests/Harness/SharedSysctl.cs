namespace Ilb.Integration.Tests.Harness;

/// <summary>
/// A setting that all network namespaces share, until it is disposed. Where tests run natively it is the machine's,
/// which must stay as it is: the test is skipped.
/// </summary>
internal sealed class SharedSysctl : IDisposable
{
    private readonly string _file;
    private readonly string _before;

    /// <param name="name">Below <c>/proc/sys</c>.</param>
    /// <param name="value">What is written.</param>
    public SharedSysctl(string name, string value)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("ILB_LAB") == "native", $"{name} belongs to the machine");
        _file = $"/proc/sys/{name}";
        _before = File.ReadAllText(_file);
        File.WriteAllText(_file, value);
    }

    public void Dispose() => File.WriteAllText(_file, _before);
}
