using System.Net;
using System.Text.Json;

namespace Ilb.Cli.Tests;

/// <summary>What is found, for a person and for programs, and the exit status that says how bad it is.</summary>
public sealed class DoctorTests : IDisposable
{
    private static readonly Finding Note = new() { Severity = FindingSeverity.Note, Kind = FindingKind.ServerLocal, Rules = ["web"], Servers = [ServerId.Parse("_web.0")], Message = "server _web.0 is this machine itself" };
    private static readonly Finding Warning = new() { Severity = FindingSeverity.Warning, Kind = FindingKind.Setting, Rules = ["web"], Servers = [], Message = "net.ipv4.vs.run_estimation is 0", Advice = "sysctl -w net.ipv4.vs.run_estimation=1" };
    private static readonly Finding Error = new() { Severity = FindingSeverity.Error, Kind = FindingKind.PacketsDropped, Rules = ["web"], Servers = [], Message = "chain input of table inet filter drops it", Advice = "nft a\nnft b" };

    private readonly RecordingBalancer _balancer = new(new Configuration
    {
        ServerGroups = [new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:80") }.WithNumbers()],
        Rules = [new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" }],
    });

    private readonly Console _console;

    public DoctorTests() => _console = new Console { Balancer = _balancer };

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Each_finding_is_a_line_and_below_it_what_to_do()
    {
        _balancer.Diagnosis = Diagnosis(Error, Warning, Note);
        var (status, output, error) = await _console.RunAsync("doctor", "web");
        Assert.Equal((5, ""), (status, error));
        Assert.Equal(
            """
            error: chain input of table inet filter drops it
                nft a
                nft b
            warning: net.ipv4.vs.run_estimation is 0
                sysctl -w net.ipv4.vs.run_estimation=1
            note: server _web.0 is this machine itself

            """, output);
        Assert.Equal(["web"], _balancer.Asked);
    }

    [Fact]
    public async Task The_exit_status_is_that_of_the_worst()
    {
        _balancer.Diagnosis = Diagnosis();
        Assert.Equal((0, "nothing found\n", ""), await _console.RunAsync("doctor"));
        Assert.Empty(_balancer.Asked!);
        _balancer.Diagnosis = Diagnosis(Note);
        Assert.Equal(0, (await _console.RunAsync("DOCTOR")).Status);
        _balancer.Diagnosis = Diagnosis(Warning, Note);
        Assert.Equal(4, (await _console.RunAsync("doctor", "--json")).Status);
        _balancer.Diagnosis = Diagnosis(Error);
        Assert.Equal(5, (await _console.RunAsync("doctor", "--json")).Status);
    }

    [Fact]
    public async Task As_JSON_it_has_the_members_of_the_daemons_answer()
    {
        _balancer.Diagnosis = Diagnosis(Error, Note);
        var document = JsonDocument.Parse((await _console.RunAsync("doctor", "--json")).Output).RootElement;
        Assert.Equal(1, document.GetProperty("format").GetInt32());
        var answer = JsonDocument.Parse(AnswerJson.Serialize(_balancer.Diagnosis)).RootElement;
        Assert.True(JsonElement.DeepEquals(answer.GetProperty("findings"), document.GetProperty("findings")));
    }

    [Theory]
    [InlineData("doctor wed", "rule 'wed' does not exist (did you mean 'web'")]
    [InlineData("doctor -o all", "doctor")]
    [InlineData("doctor --dry-run", "unknown option '--dry-run'")]
    public async Task What_is_wrong_with_the_command_itself_is_1(string line, string message)
    {
        _balancer.Diagnosis = Diagnosis();
        var (status, output, error) = await _console.RunAsync(line.Split(' '));
        Assert.Equal((1, ""), (status, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_balancer_to_ask_it_looks_itself()
    {
        _console.Balancer = null;
        Assert.Equal((0, "nothing found\n", ""), await _console.RunAsync("doctor"));
        await _console.DoAsync("create-servergroup -s server=10.0.0.1 web");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web");
        var (status, output, _) = await _console.RunAsync("doctor");
        // In memory there is no interface.
        Assert.Equal(5, status);
        Assert.Contains("error: VIP 192.0.2.1 of rule 'web' is no address of this machine", output, StringComparison.Ordinal);
    }

    private static Diagnosis Diagnosis(params Finding[] findings) => new() { Version = "0", Findings = findings.ToValueList() };
}
