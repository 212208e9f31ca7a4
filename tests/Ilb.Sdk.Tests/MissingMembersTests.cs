using System.Net;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>What the compiler only warns of: a product's code may leave out what must be there.</summary>
public sealed class MissingMembersTests : IDisposable
{
    private static readonly Rule Rule = new() { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<Change?, string> Incomplete => new()
    {
        { null, "changes[1]" },
        { new CreateRule { Rule = null! }, "changes[1].rule" },
        { new CreateRule { Rule = Rule with { Health = new RuleHealth { Check = "h", Port = null! } } }, "changes[1].rule.health.port" },
        { new CreateServerGroup { ServerGroup = null! }, "changes[1].serverGroup" },
        { new CreateServerGroup { ServerGroup = new ServerGroup { Name = "x", Servers = null! } }, "changes[1].serverGroup.servers" },
        { new CreateServerGroup { ServerGroup = new ServerGroup { Name = "x", Servers = [null!] } }, "changes[1].serverGroup.servers[0]" },
        { new CreateHealthCheck { HealthCheck = null! }, "changes[1].healthCheck" },
        { new DeleteServerGroup { Name = null! }, "changes[1].name" },
        { new DeleteHealthChecks { Names = null! }, "changes[1].names" },
        { new DeleteRules { Names = ["r", null!] }, "changes[1].names[1]" },
        { new EnableRules { Names = null! }, "changes[1].names" },
        { new DisableRules { Names = null! }, "changes[1].names" },
        { new AddServers { ServerGroup = null!, Servers = [] }, "changes[1].serverGroup" },
        { new AddServers { ServerGroup = "g", Servers = null! }, "changes[1].servers" },
        { new RemoveServers { ServerGroup = "g", Servers = [null!] }, "changes[1].servers[0]" },
        { new EnableServers { Servers = [null!] }, "changes[1].servers[0]" },
        { new DisableServers { Servers = null! }, "changes[1].servers" },
        { new SetServers { Servers = null! }, "changes[1].servers" },
        { new SetRule { Name = null! }, "changes[1].name" },
        { new SetRule { Name = "r", Reset = [null!] }, "changes[1].reset[0]" },
        { new SetHealthCheck { Name = null! }, "changes[1].name" },
        { new ReplaceAll { Configuration = null! }, "changes[1].configuration" },
        { new ReplaceAll { Configuration = new Configuration { Rules = [null!] } }, "changes[1].configuration.rules[0]" },
        { new ReplaceAll { Configuration = new Configuration { ServerGroups = [new ServerGroup { Name = "x", Servers = null! }] } }, "changes[1].configuration.serverGroups[0].servers" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Incomplete))]
    public async Task A_missing_member_is_refused_by_its_place(Change? change, string path)
    {
        await using var balancer = TestBalancer.Create(_folder.Options, new InMemoryIpvs());
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g" } }, change!]));
        var error = Assert.Single(refused.Errors);
        Assert.Equal((IlbErrorCode.InvalidArgument, path), (error.Code, error.Path));
        Assert.Contains("is missing", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.ConfigurationPath));
    }

    [Fact]
    public async Task No_list_at_all_is_refused()
    {
        await using var balancer = TestBalancer.Create(_folder.Options, new InMemoryIpvs());
        await Assert.ThrowsAsync<ArgumentNullException>(() => balancer.ApplyAsync((IReadOnlyList<Change>)null!));
    }

    [Fact]
    public void What_is_missing_in_a_configuration_is_told()
    {
        var errors = new Configuration { ServerGroups = null!, HealthChecks = [null!], Rules = [null!] }.Validate();
        Assert.Equal(["serverGroups", "healthChecks[0]", "rules[0]"], errors.Select(static error => error.Path));
    }
}
