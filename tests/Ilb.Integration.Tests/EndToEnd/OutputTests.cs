using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>What becomes of a command whose output nobody takes.</summary>
public sealed class OutputTests : KernelTest
{
    [Theory]
    [InlineData("show-rule", ">/dev/full", 1, "ilbadm: cannot write the output: No space left on device\n")]
    [InlineData("--help", ">/dev/full", 1, "ilbadm: cannot write the output: No space left on device\n")]
    [InlineData("show-rule", ">&-", 0, "")]
    [InlineData("show-rule", "<&- >&- 2>&-", 0, "")]
    [InlineData("show-rule -o bogus", "2>/dev/full", 1, "")]
    [InlineData("show-rule -o bogus", ">&- 2>&-", 1, "")]
    public async Task A_full_or_closed_output_is_no_crash(string line, string redirection, int status, string error)
    {
        using var ilbadm = new Ilbadm(Space);
        var result = await ilbadm.ShellAsync(line, redirection);
        Assert.Equal((status, error), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task A_command_with_closed_descriptors_saves_the_configuration_and_nothing_else_into_its_file()
    {
        using var ilbadm = new Ilbadm(Space);
        Assert.Equal(0, (await ilbadm.ShellAsync("create-servergroup web", "<&- >&- 2>&-")).ExitCode);
        Assert.StartsWith("{", await File.ReadAllTextAsync(ilbadm.ConfigurationPath, Cancellation), StringComparison.Ordinal);
        Assert.Equal("web", (await ilbadm.RunAsync("show-servergroup -p -o sgname")).Trim());
    }
}
