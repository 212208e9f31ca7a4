using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Ilb.Tests;

public sealed class ScriptProberTests : ProbeTest
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1500);

    private readonly string _folder = Directory.CreateTempSubdirectory("ilb-script-").FullName;
    private readonly ScriptProber _prober;

    public ScriptProberTests()
    {
        // It runs as somebody else, who must reach it and may write here.
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_111);
        Use(new Folder(_folder));
        _prober = Use(new ScriptProber(new ProbeNetwork()));
    }

    [Theory]
    [InlineData("echo 1500", 1500)]
    [InlineData("echo 0", null)]
    [InlineData("printf '  42\\n\\n'", 42)]
    public async Task A_time_in_microseconds_is_alive(string script, int? microseconds)
    {
        var outcome = await RunAsync(script);
        Assert.Equal("alive", outcome.ToString());
        Assert.Equal(microseconds, outcome.Event.RoundTrip?.TotalMicroseconds);
    }

    [Theory]
    [InlineData("echo -1", "the test says -1")]
    [InlineData("echo -1; echo 'the queue is full' >&2", "the test says -1: the queue is full")]
    [InlineData("exit 3", "printed nothing, exit 3")]
    [InlineData("nosuchprogram", "printed nothing, exit 127: /FOLDER/test: 2: nosuchprogram: not found")]
    [InlineData("echo ok", "printed 'ok', wanted a time in µs, 0 or -1")]
    [InlineData("echo -2", "printed '-2', wanted a time in µs, 0 or -1")]
    [InlineData("printf '1\\n2\\n'", "printed '1', wanted a time in µs, 0 or -1")]
    public async Task Anything_else_is_dead_and_says_why(string script, string reason) => Assert.Equal(reason.Replace("/FOLDER", _folder, StringComparison.Ordinal), (await RunAsync(script)).ToString());

    [Fact]
    public async Task It_gets_six_arguments()
    {
        var target = new ProbeTarget { Server = IPAddress.Parse("10.0.0.11"), Vip = IPAddress.Parse("192.0.2.1"), Protocol = Protocol.Udp, Topology = Topology.HalfNat };
        await RunAsync(_prober, new Probe(new ScriptTest { Path = Write($"echo \"$#: $*\" >{_folder}/args; echo 0") }, target, 8080, TimeSpan.FromSeconds(10)));
        Assert.Equal("6: 192.0.2.1 10.0.0.11 UDP HALF_NAT 8080 10\n", await File.ReadAllTextAsync(Path.Combine(_folder, "args"), End));
    }

    [Fact]
    public async Task It_has_no_rights_of_ours()
    {
        await RunAsync($"id -u >{_folder}/user; id -G >>{_folder}/user; grep -h CapEff /proc/self/status >>{_folder}/user; grep NoNewPrivs /proc/self/status >>{_folder}/user; env >>{_folder}/user; echo 0");
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "user"), End);
        Assert.NotEqual("0", lines[0]);
        Assert.DoesNotContain("0", lines[1].Split(' '));
        Assert.Equal("CapEff:\t0000000000000000", lines[2]);
        Assert.Equal("NoNewPrivs:\t1", lines[3]);
        Assert.All(lines[4..], static line => Assert.Matches("^(PATH|LANG|PWD|OLDPWD|SHLVL|_)=", line));
    }

    [Fact]
    public async Task One_that_does_not_end_is_killed_with_its_children_whatever_signals_they_ignore()
    {
        var outcome = await RunAsync($"trap '' TERM HUP INT; (trap '' TERM; echo $$ >{_folder}/pids; while :; do sleep 100; done) & sleep 1000 & echo $! >>{_folder}/pids; echo 5; while :; do sleep 100; done", Short);
        Assert.Equal("timed out after 1500 ms and was killed", outcome.ToString());
        AssertGone();
    }

    [Fact]
    public async Task Children_that_it_leaves_behind_are_killed_and_not_waited_for()
    {
        Assert.Equal("alive", (await RunAsync($"sleep 1000 & echo $! >{_folder}/pids; echo 5", TimeSpan.FromSeconds(60))).ToString());
        AssertGone();
    }

    [Fact]
    public async Task A_child_that_hides_in_a_session_of_its_own_does_not_hold_it_up()
    {
        var outcome = await RunAsync($"setsid sleep 1000 & echo $! >{_folder}/pids; echo 5", TimeSpan.FromSeconds(60));
        Assert.Equal("alive", outcome.ToString());
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(_folder, "pids"), End))
        {
            using var hidden = Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture));
            hidden.Kill();
        }
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("head -c 1000000000 /dev/zero; echo 0")]
    [InlineData("cat /dev/urandom >&2")]
    public async Task One_that_prints_without_end_is_killed(string script) => Assert.Equal("printed more than 64 KiB and was killed", (await RunAsync(script)).ToString());

    [Fact]
    public async Task Bytes_that_are_no_text_are_shown_harmlessly()
    {
        var outcome = (await RunAsync("head -c 100 /dev/urandom | tr '\\0' 'x'; printf '\\033[31m'")).ToString();
        Assert.DoesNotContain('\e', outcome);
    }

    [Fact]
    public async Task It_reads_nothing_from_us() => Assert.Equal("alive", (await RunAsync("cat; echo 0")).ToString());

    [Fact]
    public async Task One_that_is_not_there_or_may_not_be_run_is_no_fault_of_the_server()
    {
        var missing = await RunPathAsync("/nowhere/test");
        Assert.Equal((HealthEventKind.NotRun, "cannot run a program: setpriv: failed to execute /nowhere/test: No such file or directory"), (missing.Event.Kind, missing.Event.Reason));
        var path = Write("echo 0");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        var forbidden = await RunPathAsync(path);
        Assert.Equal((HealthEventKind.NotRun, $"cannot run a program: setpriv: failed to execute {path}: Permission denied"), (forbidden.Event.Kind, forbidden.Event.Reason));
    }

    [Theory]
    [InlineData("echo 0")]
    [InlineData("yes")]
    [InlineData("setsid sleep 3 & echo 0")]
    [InlineData("sleep 1000")]
    public async Task Its_pipes_are_closed_when_it_has_ended(string script)
    {
        await RunAsync($"(for i in 0 1 2; do readlink /proc/$$/fd/$i; done) >{_folder}/pipes; {script}", Short);
        var pipes = await File.ReadAllLinesAsync(Path.Combine(_folder, "pipes"), End);
        Assert.All(pipes, static pipe => Assert.StartsWith("pipe:[", pipe, StringComparison.Ordinal));
        var open = new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(static descriptor => descriptor.LinkTarget);
        Assert.Empty(pipes.Intersect(open));
    }

    [Fact]
    public async Task Zombies_are_its_own_matter() => Assert.Equal("alive", (await RunAsync("i=0; while [ $i -lt 50 ]; do (exit 0) & i=$((i+1)); done; echo 7")).ToString());

    private Task<ProbeOutcome> RunAsync(string script, TimeSpan? timeout = null) => RunPathAsync(Write(script), timeout);

    private Task<ProbeOutcome> RunPathAsync(string path, TimeSpan? timeout = null) => RunAsync(_prober, new ScriptTest { Path = path }, 80, timeout ?? TimeSpan.FromSeconds(20));

    private string Write(string script)
    {
        var path = Path.Combine(_folder, "test");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    private void AssertGone()
    {
        foreach (var line in File.ReadAllLines(Path.Combine(_folder, "pids")))
            Assert.True(SpinWait.SpinUntil(() => IsGone(line), TimeSpan.FromSeconds(20)), $"process {line} lives");
    }

    // Gone, or a zombie that its new parent has not yet looked at.
    private static bool IsGone(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[1][0] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private sealed class Folder(string path) : IDisposable
    {
        public void Dispose() => Directory.Delete(path, recursive: true);
    }
}
