using System.Collections.Concurrent;
using System.Net;
using Ilb.Daemon.Running;
using Ilb.Testing;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>The life of the daemon, with all but the kernel and the signals.</summary>
public sealed class RunningTests : IDisposable
{
    private const string Web = """{"format":1,"serverGroups":[{"name":"web","servers":[{"address":"10.0.0.1"}]}],"rules":[{"name":"web","vip":"192.0.2.1","ports":80,"topology":"HALF-NAT","serverGroup":"web"}]}""";

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly RecordingLoggers _log = new();
    private readonly Told _told = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _reload = new(0);

    public void Dispose()
    {
        _folder.Dispose();
        _stop.Dispose();
        _reload.Dispose();
    }

    [Fact]
    public async Task It_restores_the_kernel_before_it_is_ready_and_keeps_it_when_it_stops()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        _told.Watch = state => Assert.True(!state.StartsWith("READY=1", StringComparison.Ordinal) || _ipvs.Text.Contains("10.0.0.1", StringComparison.Ordinal));
        var run = RunAsync();
        Assert.Equal("READY=1\nSTATUS=1 rule, all as they should be", await _told.NextAsync());
        await _stop.CancelAsync();
        await run;
        Assert.StartsWith("STOPPING=1", _told.All[^1]);
        Assert.Contains("10.0.0.1", _ipvs.Text);
        Assert.False(File.Exists(_folder.File("s")));
    }

    [Fact]
    public async Task It_can_leave_the_kernel_empty_when_it_stops()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        var run = RunAsync(remove: true);
        await _told.NextAsync();
        await _stop.CancelAsync();
        await run;
        Assert.Equal("", _ipvs.Text);
        Assert.True(File.Exists(_folder.ConfigurationPath));
    }

    [Fact]
    public async Task A_step_that_the_kernel_refuses_does_not_stop_the_start()
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        _ipvs.Refuse = static _ => 12;
        var run = RunAsync();
        Assert.Equal("READY=1\nSTATUS=1 rule, 1 not in the kernel as they should be: 'web' (missing)", await _told.NextAsync());
        await _stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData("ilb.json", "{", IlbErrorCode.ConfigurationDamaged)]
    [InlineData("node.json", """{"format":1,"more":1}""", IlbErrorCode.ConfigurationDamaged)]
    [InlineData("node.json", """{"format":1,"sync":{"interface":"eth0"}}""", IlbErrorCode.NotSupported)]
    public async Task A_file_that_is_wrong_stops_the_start_and_leaves_the_kernel_as_it_is(string file, string content, IlbErrorCode code)
    {
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        await File.WriteAllTextAsync(_folder.File(file), content);
        var refused = await Assert.ThrowsAsync<IlbException>(() => RunAsync());
        Assert.Equal(code, refused.Code);
        Assert.StartsWith(_folder.File(file) + ":1: ", refused.Message);
        Assert.Equal("", _ipvs.Text);
        Assert.Empty(_told.All);
    }

    [Fact]
    public async Task Without_IPVS_it_starts_if_there_is_nothing_to_forward()
    {
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS");
        var run = RunAsync();
        Assert.StartsWith("READY=1\n", await _told.NextAsync());
        await _stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Without_IPVS_it_does_not_start_if_there_are_rules()
    {
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS");
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        Assert.Equal(IlbErrorCode.KernelUnavailable, (await Assert.ThrowsAsync<IlbException>(() => RunAsync())).Code);
    }

    [Fact]
    public async Task A_reload_is_told_from_its_start_to_its_end_also_if_it_is_refused()
    {
        var run = RunAsync();
        await _told.NextAsync();
        await File.WriteAllTextAsync(_folder.ConfigurationPath, Web);
        _reload.Release();
        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", await _told.NextAsync());
        Assert.Equal("READY=1\nSTATUS=1 rule, all as they should be", await _told.NextAsync("READY"));
        Assert.Contains("10.0.0.1", _ipvs.Text);
        await File.WriteAllTextAsync(_folder.File("node.json"), "{");
        _reload.Release();
        await _told.NextAsync("RELOADING");
        Assert.StartsWith($"READY=1\nSTATUS=reload refused, the configuration before goes on: {_folder.File("node.json")}:1: ", await _told.NextAsync("READY"));
        Assert.Equal([203, 204], _log.Audit.Select(static line => line.Id));
        await _stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task The_status_follows_what_happens()
    {
        var run = RunAsync();
        await _told.NextAsync();
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(_folder.File("s")), cancellation);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal(HttpStatusCode.OK, (await client.PutAsync("http://localhost/v1/configuration", TestDaemon.Json(Web))).StatusCode);
        // It may look in the midst of the change; then it looks again.
        while (await _told.NextAsync("STATUS") is var status && status != "STATUS=1 rule, all as they should be")
            Assert.StartsWith("STATUS=1 rule, 1 not in the kernel as they should be", status, StringComparison.Ordinal);
        await _stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task The_watchdog_is_fed_at_half_its_time_and_only_while_the_loop_answers()
    {
        var time = new FakeTimeProvider();
        var answers = new SemaphoreSlim(1);
        var run = Watchdog.RunAsync(TimeSpan.FromSeconds(30), answers.WaitAsync, new ServiceManager(_told, time), time, _stop.Token);
        Assert.Equal("WATCHDOG=1", await _told.NextAsync());
        time.Advance(TimeSpan.FromSeconds(15));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(_told.All);
        answers.Release();
        await _told.NextAsync();
        await _stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData("4000000", null, 4.0)]
    [InlineData("4000000", "1", null)]
    [InlineData(null, null, null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    public void The_watchdogs_time_is_ours_only_if_it_is_meant_for_us(string? microseconds, string? process, double? seconds) =>
        Assert.Equal(seconds, Watchdog.Interval(name => name == "WATCHDOG_USEC" ? microseconds : process)?.TotalSeconds);

    [Fact]
    public void Arguments_go_before_the_environment_and_this_before_the_defaults()
    {
        Assert.Equal(new DaemonArguments { Instance = "ilb", SocketPath = "/run/ilb/ilbd.sock" }, Read([]).Arguments);
        Assert.Equal(new DaemonArguments { Instance = "b", SocketPath = "/run/ilb/b.sock", RemovesOnStop = true }, Read(["--instance", "b", "--on-stop", "remove"]).Arguments);
        Assert.Equal(new DaemonArguments { Instance = "ilb", ConfigurationPath = "/c", SocketPath = "/s" }, Read([], ("ILB_CONFIG", "/c"), ("ILB_SOCKET", "/s")).Arguments);
        Assert.Equal(new DaemonArguments { Instance = "ilb", ConfigurationPath = "/d", SocketPath = "/t" }, Read(["--config", "/d", "--socket=/t", "--on-stop", "keep"], ("ILB_CONFIG", "/c"), ("ILB_SOCKET", "/s")).Arguments);
    }

    [Theory]
    [InlineData("--what", "unknown option '--what'; see 'ilbd --help'")]
    [InlineData("more", "'more' is one argument too many; see 'ilbd --help'")]
    [InlineData("--config", "--config FILE is missing")]
    [InlineData("--config|", "--config is empty")]
    [InlineData("--on-stop|stop", "--on-stop 'stop': allowed are keep and remove")]
    [InlineData("--instance|a|--instance|b", "--instance is given more than once")]
    public void Wrong_arguments_are_told(string words, string message)
    {
        var (arguments, status, _, error) = Read(words.Split('|'));
        Assert.Null(arguments);
        Assert.Equal((ExitStatus.Refused, $"ilbd: {message}\n"), (status, error));
    }

    [Theory]
    [InlineData("--help", "Usage:")]
    [InlineData("-?", "Exit status:")]
    [InlineData("--version", "ilbd 0.1.0\n")]
    [InlineData("-V", "ilbd 0.1.0\n")]
    public void Help_and_version_are_told(string word, string text)
    {
        var (arguments, status, output, error) = Read([word]);
        Assert.Null(arguments);
        Assert.Equal((ExitStatus.Stopped, ""), (status, error));
        Assert.Contains(text, output);
    }

    private static (DaemonArguments? Arguments, int Status, string Output, string Error) Read(string[] words, params (string Name, string Value)[] variables)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var (arguments, status) = DaemonArguments.Read(words, name => variables.FirstOrDefault(variable => variable.Name == name).Value, output, error);
        return (arguments, status, output.ToString(), error.ToString());
    }

    private Task RunAsync(bool remove = false)
    {
        var balancer = _folder.Options with { KeepsKernel = true, LoggerFactory = _log };
        var options = new DaemonServerOptions { SocketPath = _folder.File("s"), Balancer = balancer };
        var arguments = new DaemonArguments { Instance = "ilb", SocketPath = options.SocketPath, RemovesOnStop = remove };
        return new DaemonProcess(arguments, options, TestBalancer.Create(balancer, _ipvs), new ServiceManager(_told, TimeProvider.System), static _ => null).RunAsync(_reload.WaitAsync, _stop.Token);
    }

    private sealed class Told : ISystemdNotifier
    {
        private readonly ConcurrentQueue<string> _all = new();
        private readonly System.Threading.Channels.Channel<string> _news = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public IReadOnlyList<string> All => [.. _all];

        public Action<string> Watch { get; set; } = static _ => { };

        public bool IsEnabled => true;

        public void Notify(ServiceState state)
        {
            var text = state.ToString();
            Watch(text);
            _all.Enqueue(text);
            _news.Writer.TryWrite(text);
        }

        public async Task<string> NextAsync(string start = "")
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                var text = await _news.Reader.ReadAsync(end.Token);
                if (text.StartsWith(start, StringComparison.Ordinal))
                    return text;
            }
        }
    }
}
