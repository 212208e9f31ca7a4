using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>The sample, as somebody without capabilities runs it.</summary>
public sealed class PermissionTests : KernelTest
{
    [Fact]
    public async Task Without_capabilities_a_clear_message_says_which_is_needed()
    {
        var inside = Space.TryRunAsync("setpriv", [.. Powerless, .. Sample.CommandLine("IpvsList")]);
        var outside = Command.TryRunAsync("setpriv", [.. Powerless, .. Sample.CommandLine("IpvsList", Space.Path)]);
        AssertFailure("reading the version needs CAP_NET_ADMIN in the initial user namespace", await inside);
        AssertFailure($"entering the network namespace {Space.Path} failed: Operation not permitted", await outside);
    }

    [Fact]
    public async Task Root_of_a_user_namespace_of_its_own_is_not_enough()
    {
        var result = await Space.TryRunAsync("unshare", ["--user", "--map-root-user", .. Sample.CommandLine("IpvsList")]);
        AssertFailure("reading the version needs CAP_NET_ADMIN in the initial user namespace", result);
    }

    // Root without capabilities rather than another user, who might not reach the runtime's files.
    private static string[] Powerless => ["--bounding-set=-all", "--inh-caps=-all"];

    private static void AssertFailure(string message, CommandResult result) =>
        Assert.Equal((1, "", $"IpvsList: {message}\n"), (result.ExitCode, result.Output, result.Error));
}
