using Ilb.Netlink;

namespace Ilb.Benchmarks;

/// <summary>Where a load balancer under measurement keeps its files.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    private const string Runtime = "/dev/shm/ilb-bench";

    // Beside the program: the folder for temporary files may be memory, on which nothing is written through.
    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, $"ilb-bench-{Environment.ProcessId}");

    public BenchmarkFolder() => Directory.CreateDirectory(_folder);

    public string ConfigurationPath => PathOf("ilb.json");

    public static string SocketPath => Path.Combine(Runtime, "ilbd.sock");

    public string PathOf(string name) => Path.Combine(_folder, name);

    public LoadBalancerOptions Options(NetlinkOptions? options) => new() { ConfigurationPath = ConfigurationPath, RuntimeDirectory = Runtime, NetworkNamespace = options?.NetworkNamespace };

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        if (Directory.Exists(Runtime))
            Directory.Delete(Runtime, recursive: true);
    }
}
