using System.Net;
using Moq;

namespace Ilb.Tests;

public sealed class ExtensionsTests
{
    private static readonly Rule Rule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };
    private static readonly HealthCheck Check = new() { Name = "h", Test = new PingTest() };
    private static readonly ServerGroup Group = new() { Name = "web" };
    private static readonly ValueList<Server> Servers = ServerSpec.Parse("10.0.0.1");
    private static readonly ServerId Id = ServerId.Parse("_web.0");
    private static readonly ApplyResult Result = new() { Version = "1", Changes = [], Steps = [], Converged = true };

    public static TheoryData<Func<ILoadBalancer, ApplyOptions, Task<ApplyResult>>, Change> Verbs => new()
    {
        { (balancer, options) => balancer.ApplyAsync(new DeleteServerGroup { Name = "web" }, options), new DeleteServerGroup { Name = "web" } },
        { (balancer, options) => balancer.CreateServerGroupAsync(Group, options), new CreateServerGroup { ServerGroup = Group } },
        { (balancer, options) => balancer.DeleteServerGroupAsync("web", options), new DeleteServerGroup { Name = "web" } },
        { (balancer, options) => balancer.AddServersAsync("web", Servers, options), new AddServers { ServerGroup = "web", Servers = Servers } },
        { (balancer, options) => balancer.RemoveServersAsync("web", [ServerSelector.ById(Id)], options), new RemoveServers { ServerGroup = "web", Servers = [ServerSelector.ById(Id)] } },
        { (balancer, options) => balancer.EnableServersAsync([Id], options), new EnableServers { Servers = [Id] } },
        { (balancer, options) => balancer.DisableServersAsync([Id], options), new DisableServers { Servers = [Id] } },
        { (balancer, options) => balancer.CreateHealthCheckAsync(Check, options), new CreateHealthCheck { HealthCheck = Check } },
        { (balancer, options) => balancer.DeleteHealthChecksAsync(["h"], options), new DeleteHealthChecks { Names = ["h"] } },
        { (balancer, options) => balancer.SetRuleAsync(new SetRule { Name = "r" }, options), new SetRule { Name = "r" } },
        { (balancer, options) => balancer.SetServersAsync(new SetServers { ServerGroup = "g" }, options), new SetServers { ServerGroup = "g" } },
        { (balancer, options) => balancer.SetHealthCheckAsync(new SetHealthCheck { Name = "h" }, options), new SetHealthCheck { Name = "h" } },
        { (balancer, options) => balancer.ReplaceAllAsync(Configuration.Empty, options), new ReplaceAll { Configuration = Configuration.Empty } },
        { (balancer, options) => balancer.CreateRuleAsync(Rule, options), new CreateRule { Rule = Rule } },
        { (balancer, options) => balancer.DeleteRulesAsync(["web"], options), new DeleteRules { Names = ["web"] } },
        { (balancer, options) => balancer.EnableRulesAsync(["web"], options), new EnableRules { Names = ["web"] } },
        { (balancer, options) => balancer.DisableRulesAsync(["web"], options), new DisableRules { Names = ["web"] } },
    };

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Each_verb_is_one_change(Func<ILoadBalancer, ApplyOptions, Task<ApplyResult>> verb, Change expected)
    {
        var balancer = new Mock<ILoadBalancer>(MockBehavior.Strict);
        var options = new ApplyOptions { DryRun = true };
        balancer.Setup(it => it.ApplyAsync(It.Is<IReadOnlyList<Change>>(changes => changes.Single() == expected), options, CancellationToken.None)).ReturnsAsync(Result);
        Assert.Same(Result, await verb(balancer.Object, options));
    }

    [Fact]
    public void An_exception_says_all_of_its_errors()
    {
        var exception = new IlbException([new IlbError { Code = IlbErrorCode.Locked, Message = "one" }, new IlbError { Code = IlbErrorCode.Busy, Message = "two" }]);
        Assert.Equal((IlbErrorCode.Locked, "one\ntwo", true), (exception.Code, exception.Message, exception.IsTransient));
        Assert.False(new IlbException([new IlbError { Code = IlbErrorCode.Locked, Message = "one" }, new IlbError { Code = IlbErrorCode.NoSuchRule, Message = "two" }]).IsTransient);
        Assert.Throws<ArgumentException>(static () => new IlbException([]));
    }
}
