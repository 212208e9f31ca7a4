using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Ilb.Cli.Tests;

/// <summary>Arrows between the projects point one way: Cli, Daemon → Sdk → Netlink, Abstractions.</summary>
public sealed class ProjectArrowsTests
{
    private static readonly string Root = FindRoot();

    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Ilb.Abstractions"] = [],
        ["Ilb.Netlink"] = [],
        ["Ilb.Sdk"] = ["Ilb.Abstractions", "Ilb.Netlink"],
        ["Ilb.Daemon"] = ["Ilb.Sdk"],
        ["Ilb.Cli"] = ["Ilb.Sdk"],
    };

    public static TheoryData<string> Projects => [.. Arrows.Keys];

    [Fact]
    public void Every_source_project_has_its_arrows_written_down() =>
        Assert.Equal(Arrows.Keys.Order(), Directory.GetDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).Order()!);

    [Theory, MemberData(nameof(Projects))]
    public void A_project_references_only_what_lies_below_it(string project) =>
        Assert.Equal(Arrows[project].Order(), Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order());

    [Fact]
    public void The_netlink_layer_needs_no_package() => Assert.Empty(Items("Ilb.Netlink", "PackageReference"));

    [Fact]
    public void The_vocabulary_needs_only_the_logging_abstractions() =>
        Assert.Equal(["Microsoft.Extensions.Logging.Abstractions"], Items("Ilb.Abstractions", "PackageReference"));

    [Fact]
    public void The_command_uses_only_the_public_interface()
    {
        string[] friends = ["Ilb.Abstractions", "Ilb.Netlink", "Ilb.Sdk"];
        foreach (string project in friends)
        {
            var names = Assembly.Load(project).GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);
            // The daemon shares the words of its interface with the client of it, which is in Ilb.Sdk.
            Assert.DoesNotContain(names, name => name is "ilbadm" or "Ilb.Sdk" || (name is "ilbd" && project != "Ilb.Sdk"));
        }
    }

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value);

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Ilb.sln")))
                return folder;
        }

        throw new InvalidOperationException("no Ilb.sln above the test's folder");
    }
}
