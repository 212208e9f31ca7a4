using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The sample of a product, as its README says to run it.</summary>
public sealed class SampleTests : KernelTest
{
    [Fact]
    public async Task A_product_creates_a_pool_changes_it_and_leaves_nothing_behind()
    {
        var folder = Directory.CreateTempSubdirectory("ilb");
        try
        {
            var words = Sample.CommandLine("PoolChange", Path.Combine(folder.FullName, "example.json")).ToArray();
            Assert.Equal(
                """
                created: web Complete _web.0 weight 1, _web.1 weight 1
                a canary: web Complete _web.0 weight 9, _web.1 weight 9, _web.2 weight 1
                one leaves: web Complete _web.0 weight 0, _web.1 weight 9, _web.2 weight 1
                refused: server group 'web' is used by rule 'web'
                would remove service TCP 192.0.2.1:80

                """,
                await Space.RunAsync(words[0], words[1..]));
            Assert.Equal("", await Space.IpvsadmAsync("-Sn"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
