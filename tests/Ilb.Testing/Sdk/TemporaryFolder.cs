namespace Ilb.Testing;

/// <summary>A folder that vanishes with its test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ilb-test-").FullName;

    public string ConfigurationPath => File("ilb.json");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public LoadBalancerOptions Options => new() { ConfigurationPath = ConfigurationPath, RuntimeDirectory = File("run") };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
