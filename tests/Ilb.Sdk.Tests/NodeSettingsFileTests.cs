using System.Net;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class NodeSettingsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string PathOfFile => _folder.File("node.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_machine_without_a_file_has_the_defaults() => Assert.Equal(new NodeSettings(), NodeSettingsFile.Load(PathOfFile));

    [Fact]
    public void The_file_stands_beside_the_configuration() => Assert.Equal("/var/lib/ilb/node.json", NodeSettingsFile.PathBeside("/var/lib/ilb/ilb.json"));

    [Fact]
    public void Audit_interval_and_groups_are_read()
    {
        File.WriteAllText(PathOfFile, """{ "format": 1, "auditInterval": 60, "groups": [ { "name": "operators", "right": "enable" } ] }""");
        var node = NodeSettingsFile.Load(PathOfFile);
        Assert.Equal(TimeSpan.FromMinutes(1), node.AuditInterval);
        Assert.Equal([new GroupAccess { Name = "operators", Right = AccessRight.Enable }], node.Groups);
    }

    [Fact]
    public void Where_probes_come_from_is_read()
    {
        File.WriteAllText(PathOfFile, """{ "format": 1, "probes": { "sources": [ "192.0.2.9", "2001:db8::9" ], "namespace": "/run/netns/inside" } }""");
        Assert.Equal(new ProbeSettings { Sources = [IPAddress.Parse("192.0.2.9"), IPAddress.Parse("2001:db8::9")], NetworkNamespace = "/run/netns/inside" }, NodeSettingsFile.Load(PathOfFile).Probes);
    }

    [Theory]
    [InlineData("{ \"format\": 1,\n \"probes\": { \"sources\": [ \"192.0.2.9\",\n \"192.0.2.10\" ] } }", ":3: probes: source 192.0.2.10 is the second of its address family")]
    [InlineData("{ \"format\": 1,\n \"probes\": { \"sources\": [ \"224.0.0.1\" ] } }", ":2: probes: source: ")]
    [InlineData("{ \"format\": 1,\n \"probes\": { \"namespace\": \"inside\" } }", ":2: probes: namespace")]
    [InlineData("{ \"format\": 1,\n \"audit\": 5 }", ":2: audit: unknown member 'audit'")]
    [InlineData("{ \"format\": 1,\n\n \"auditInterval\": \"2d\" }", ":3: ")]
    [InlineData("", ":1: the file is empty")]
    [InlineData("{ \"format\": 2 }", ": it has format 2")]
    [InlineData("{ \"format\": 1,\n \"groups\": [ { \"name\": \"a\",\n \"right\": \"all\" } ] }", ":3: ")]
    public void What_is_wrong_is_told_with_file_and_line(string text, string place)
    {
        File.WriteAllText(PathOfFile, text);
        var refused = Assert.Throws<IlbException>(() => NodeSettingsFile.Load(PathOfFile));
        Assert.StartsWith(PathOfFile + place, refused.Message);
    }

    [Theory]
    [InlineData("\"failoverGroups\": [ { \"name\": \"site\", \"priority\": 150 } ]", "failoverGroups")]
    public void A_setting_whose_feature_does_not_exist_is_refused_by_name(string member, string name)
    {
        File.WriteAllText(PathOfFile, $"{{ \"format\": 1,\n {member} }}");
        var error = Assert.Single(Assert.Throws<IlbException>(() => NodeSettingsFile.Load(PathOfFile)).Errors);
        Assert.Equal((IlbErrorCode.NotSupported, name, 2), (error.Code, error.Path, error.Line));
        Assert.Equal($"{PathOfFile}:2: {name}: this setting is not supported by this version", error.Message);
    }

    [Fact]
    public void Something_else_than_a_file_is_refused()
    {
        Directory.CreateDirectory(PathOfFile);
        Assert.Equal(IlbErrorCode.ConfigurationUnreadable, Assert.Throws<IlbException>(() => NodeSettingsFile.Load(PathOfFile)).Code);
    }
}
