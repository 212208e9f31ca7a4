using Ilb.Netlink;

namespace Ilb.Integration.Tests.Harness;

/// <summary>
/// A network namespace of a test's own, with loopback up; gone when disposed. What runs in it sees a fresh IPVS: tests neither meet each other nor the machine.
/// </summary>
public sealed class TestNamespace : IAsyncDisposable
{
    private readonly Lazy<NetworkNamespace> _inside;

    private TestNamespace(string name)
    {
        Name = name;
        _inside = new Lazy<NetworkNamespace>(() => NetworkNamespace.Enter(Path));
    }

    /// <summary>As <c>ip netns</c> knows it.</summary>
    public string Name { get; }

    /// <summary>As <c>setns(2)</c> takes it.</summary>
    public string Path => $"/run/netns/{Name}";

    /// <summary>Options for clients that work in it.</summary>
    public NetlinkOptions Options => new() { NetworkNamespace = Path };

    /// <summary>Makes one.</summary>
    /// <param name="role">A word for its name, for who looks from outside.</param>
    public static Task<TestNamespace> CreateAsync(string role = "test") =>
        CreateNamedAsync($"ilb-{role}-{Guid.NewGuid().ToString("N")[..8]}");

    /// <summary>Makes one of a name that is not in use.</summary>
    public static async Task<TestNamespace> CreateNamedAsync(string name)
    {
        LabKernel.Require();
        var space = new TestNamespace(name);
        await NamedNamespace.AddAsync(space.Path);
        return space;
    }

    /// <summary>Runs a program in it; see <see cref="Command.RunAsync"/>.</summary>
    public Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null) =>
        Command.RunAsync(program, arguments, input, this);

    /// <summary>Runs a program in it that may fail.</summary>
    public Task<CommandResult> TryRunAsync(string program, IEnumerable<string> arguments, string? input = null) =>
        Command.TryRunAsync(program, arguments, input, this);

    /// <summary>The output of <c>ipvsadm</c> with arguments that contain no spaces.</summary>
    public Task<string> IpvsadmAsync(string arguments, string? input = null) => RunAsync("ipvsadm", Words(arguments), input);

    /// <summary>The output of <c>ip</c>, such as <c>-j addr show</c>.</summary>
    public Task<string> IpAsync(string arguments) => RunAsync("ip", Words(arguments));

    /// <summary>Many commands of <c>ip</c> in one process.</summary>
    public Task<string> IpBatchAsync(params string[] commands) =>
        RunAsync("ip", ["-batch", "-"], string.Join('\n', commands) + "\n");

    /// <summary>Loads statements of nft.</summary>
    public Task<string> NftAsync(string statements) => RunAsync("nft", ["-f", "-"], statements);

    /// <summary>Sets values of <c>/proc/sys/net</c>: <c>("ipv4/ip_forward", "1")</c>.</summary>
    public void Sysctl(params (string Name, string Value)[] values)
    {
        Run(() =>
        {
            foreach (var (name, value) in values)
                File.WriteAllText($"/proc/sys/net/{name}", value);
            return true;
        });
    }

    /// <summary>Sets all values of <c>/proc/sys/net</c> that match <c>ipv4/conf/*/rp_filter</c>.</summary>
    public void Sysctls(string pattern, string value)
    {
        if (pattern.Split('*') is [var folder, var name])
        {
            var matches = Run(() => new DirectoryInfo($"/proc/sys/net/{folder}").GetDirectories());
            Sysctl([.. matches.Select(match => ($"{folder}{match.Name}{name}", value))]);
        }
        else
        {
            Sysctl((pattern, value));
        }
    }

    /// <summary>A value of <c>/proc/sys/net</c>, such as <c>ipv4/ip_forward</c>.</summary>
    public string Sysctl(string name) => Run(() => File.ReadAllText($"/proc/sys/net/{name}")).Trim();

    /// <summary>Runs something on a thread that is in it: a socket made there belongs to it and may be used by any thread.</summary>
    public T Run<T>(Func<T> work) => _inside.Value.Run(work);

    public ValueTask DisposeAsync()
    {
        if (_inside.IsValueCreated)
            _inside.Value.Dispose();
        NamedNamespace.Delete(Path);
        return ValueTask.CompletedTask;
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
