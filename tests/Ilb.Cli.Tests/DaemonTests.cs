using System.Text;
using Ilb.Testing;

namespace Ilb.Cli.Tests;

/// <summary>Whom a command asks: the daemon, or a load balancer of its own.</summary>
public sealed class DaemonTests : IDisposable
{
    private readonly Console _console = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _console.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_socket_is_chosen_by_option_or_variable()
    {
        await _console.ShowAsync("show-rule");
        Assert.Equal((null, false), (_console.Opened!.SocketPath, _console.IsLocal));
        _console.Variables["ILB_SOCKET"] = "/variable.sock";
        await _console.ShowAsync("show-rule");
        Assert.Equal("/variable.sock", _console.Opened.SocketPath);
        await _console.DoAsync("--socket /option.sock create-sg web");
        Assert.Equal("/option.sock", _console.Opened.SocketPath);
        _console.Variables["ILB_SOCKET"] = "";
        await _console.ShowAsync("export-config");
        Assert.Null(_console.Opened.SocketPath);
    }

    [Theory]
    [InlineData("show-rule --local")]
    [InlineData("--local create-sg web")]
    [InlineData("create-sg --local --dry-run web")]
    public async Task With_local_no_daemon_is_looked_for(string line)
    {
        _console.Variables["ILB_SOCKET"] = "/variable.sock";
        _console.Refused = new IlbException(IlbErrorCode.Timeout, "not to be seen");
        await _console.ShowAsync(line);
        Assert.True(_console.IsLocal);
    }

    [Theory]
    [InlineData("show-rule")]
    [InlineData("create-sg web")]
    [InlineData("set-rule -m lbalg=wlc web")]
    [InlineData("import-config -p")]
    public async Task A_daemon_that_cannot_be_used_is_told_and_nothing_is_done(string line)
    {
        _console.Input = "create-sg web";
        _console.Refused = new IlbException(IlbErrorCode.PermissionDenied, "no access to the daemon's socket /run/ilb/ilbd.sock: permission denied; its owner and group have it");
        Assert.Equal((1, "", "ilbadm: no access to the daemon's socket /run/ilb/ilbd.sock: permission denied; its owner and group have it\n"), await _console.RunAsync(line.Split(' ')));
        Assert.Null(_console.Opened);
    }

    [Fact]
    public async Task Another_daemon_than_was_meant_is_told_with_what_to_do()
    {
        _console.Refused = new IlbException(
        [
            new IlbError { Code = IlbErrorCode.OtherDaemon, Path = "instance", Message = "the daemon at /s runs instance 'a', not 'b'" },
            new IlbError { Code = IlbErrorCode.OtherDaemon, Path = "configurationPath", Message = "the daemon at /s keeps the configuration /a.json, not /b.json" },
            new IlbError { Code = IlbErrorCode.OtherDaemon, Path = "networkNamespace", Message = "the daemon at /s works in network namespace 1, not in 2, the caller's own" },
        ]);
        Assert.Equal((1, "",
            """
            ilbadm: the daemon at /s runs instance 'a', not 'b': name the instance's own socket (--socket), or work without the daemon (--local)
            ilbadm: the daemon at /s keeps the configuration /a.json, not /b.json: leave out --config and ILB_CONFIG, or work without the daemon (--local) under another --instance
            ilbadm: the daemon at /s works in network namespace 1, not in 2, the caller's own: name the socket (--socket) to work there, or work here without the daemon (--local)

            """), await _console.RunAsync("show-rule"));
    }

    [Fact]
    public async Task What_the_kernel_refused_the_daemon_tries_again()
    {
        var result = new ApplyResult
        {
            Version = "2",
            Changes = [],
            Converged = false,
            Steps = [new PlanStep { Action = StepAction.Add, Subject = "service TCP 192.0.2.1:80", Rule = "web", Failure = new StepFailure { Code = IlbErrorCode.KernelRefused, Message = "no", Errno = 12 } }],
        };
        await using var server = SocketServer.Saying(_folder.File("s"), SocketServer.Answer("200 OK", Encoding.UTF8.GetString(AnswerJson.Serialize(result))));
        await using var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = _folder.File("s") });
        _console.Balancer = balancer;
        Assert.Equal((3, "", "ilbadm: could not add service TCP 192.0.2.1:80: no (errno 12)\nilbadm: the configuration is saved, but the kernel does not hold all of it yet; the daemon tries again\n"),
            await _console.RunAsync("enable-rule", "web"));
    }

    [Fact]
    public async Task A_daemon_that_goes_away_is_told_with_the_doubt()
    {
        await using var server = SocketServer.Saying(_folder.File("s"), "");
        await using var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = _folder.File("s") });
        _console.Balancer = balancer;
        Assert.Equal((1, "", $"ilbadm: the daemon at {_folder.File("s")} went away before it answered; the change may have been made\n"), await _console.RunAsync("create-sg", "web"));
    }

    [Fact]
    public async Task Somebody_who_is_faster_again_and_again_does_not_stop_an_edit()
    {
        var rule = new Rule { Name = "web", Vip = System.Net.IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };
        var balancer = new RecordingBalancer(new Configuration { ServerGroups = [new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1") }.WithNumbers()], Rules = [rule] });
        _console.Balancer = balancer;
        var left = 5;
        Configuration Faster(Configuration present)
        {
            if (--left > 0)
                balancer.Meanwhile = Faster;
            return present with { ServerGroups = [.. present.ServerGroups, new ServerGroup { Name = $"g{left}" }] };
        }

        balancer.Meanwhile = Faster;
        await _console.DoAsync("set-rule -i port=81 web");
        Assert.Equal((0, 6, "81"), (left, balancer.Configuration.ServerGroups.Count, balancer.Configuration.FindRule("web")!.Ports!.ToString()));
    }
}
