using System.Net;
using System.Text;
using System.Text.Json;

namespace Ilb.Tests;

public sealed class NodeSettingsTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("node");

    private static readonly SyncSettings Sync = new() { Interface = "eth1", Id = 7, Group = IPAddress.Parse("ff02::81"), Port = 1, TimeToLive = 255, MaximumLength = 1400 };

    private static readonly NodeSettings Full = new()
    {
        Interfaces = [new InterfaceName { Name = "eth0", Local = "ens3" }],
        FailoverGroups = [new FailoverPriority { Name = "site", Priority = 254 }],
        Sync = Sync,
        Marks = new MarkSettings { Mask = 0xff0, Base = 0x1000_0000 },
        AuditInterval = TimeSpan.FromMilliseconds(1500),
        Groups = [new GroupAccess { Name = "netops", Right = AccessRight.Enable }, new GroupAccess { Name = "admin", Right = AccessRight.Change }],
        Probes = new ProbeSettings { Sources = [IPAddress.Parse("10.0.0.5"), IPAddress.Parse("2001:db8::5")], NetworkNamespace = "/run/netns/probe" },
        StatusPage = new StatusPage { Address = IPAddress.Any, Port = 65535 },
        Notify = "/usr/lib/notify",
    };

    public static TheoryData<NodeSettings, string> Refusals => new()
    {
        { Full with { Interfaces = [new InterfaceName { Name = "a b", Local = "" }] }, "interfaces[0].name InvalidArgument,interfaces[0].local InvalidArgument" },
        { Full with { Interfaces = [Full.Interfaces[0], Full.Interfaces[0]] }, "interfaces[1].name AlreadyExists" },
        { Full with { FailoverGroups = [new FailoverPriority { Name = "-", Priority = 255 }] }, "failoverGroups[0].name InvalidName,failoverGroups[0].priority InvalidArgument" },
        { Full with { FailoverGroups = [Full.FailoverGroups[0], Full.FailoverGroups[0]] }, "failoverGroups[1].name AlreadyExists" },
        { Full with { Sync = Sync with { Interface = ".", Id = 256, Group = IPAddress.Parse("223.0.0.1"), Port = 0, TimeToLive = 0, MaximumLength = 65508 } }, "sync.interface InvalidArgument,sync.id InvalidArgument,sync.group InvalidAddress,sync.port InvalidPort,sync.ttl InvalidArgument,sync.maxLength InvalidArgument" },
        { Full with { Marks = new MarkSettings { Mask = 0 } }, "marks.mask InvalidArgument" },
        { Full with { Marks = new MarkSettings { Mask = 0b1011, Base = 0b0010 } }, "marks.mask InvalidArgument,marks.base InvalidArgument" },
        { Full with { AuditInterval = TimeSpan.FromMilliseconds(999) }, "auditInterval InvalidArgument" },
        { Full with { AuditInterval = TimeSpan.FromHours(25) }, "auditInterval InvalidArgument" },
        { Full with { Groups = [new GroupAccess { Name = "a:b", Right = (AccessRight)2 }] }, "groups[0].name InvalidName,groups[0].right InvalidArgument" },
        { Full with { Groups = [Full.Groups[0], Full.Groups[0] with { Right = AccessRight.Change }] }, "groups[1].name AlreadyExists" },
        { Full with { Probes = new ProbeSettings { Sources = [IPAddress.Loopback, IPAddress.Parse("10.0.0.5")], NetworkNamespace = "probe" } }, "probes.namespace InvalidArgument,probes.sources[0] InvalidAddress,probes.sources[1] InvalidAddress" },
        { Full with { StatusPage = new StatusPage { Address = IPAddress.Parse("224.0.0.1"), Port = 65536 } }, "statusPage.address InvalidAddress,statusPage.port InvalidPort" },
        { Full with { Notify = "notify" }, "notify InvalidArgument" },
    };

    public static TheoryData<MarkSettings> Marks => [new MarkSettings(), new MarkSettings { Mask = uint.MaxValue }, new MarkSettings { Mask = 1 }, new MarkSettings { Mask = 0x8000_0000, Base = 0x7fff_ffff }];

    public static TheoryData<Change, AccessRight> Rights => new()
    {
        { new EnableRules { All = true }, AccessRight.Enable },
        { new DisableRules { All = true }, AccessRight.Enable },
        { new EnableServers { Servers = [] }, AccessRight.Enable },
        { new DisableServers { Servers = [] }, AccessRight.Enable },
        { new EnableFailoverGroups { All = true }, AccessRight.Enable },
        { new DisableFailoverGroups { All = true }, AccessRight.Enable },
        { new DeleteRules { All = true }, AccessRight.Change },
        { new SetServers { ServerGroup = "g", Weight = 0 }, AccessRight.Change },
        { new ReplaceAll { Configuration = Configuration.Empty }, AccessRight.Change },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void All_that_is_wrong_is_told(NodeSettings node, string expected) =>
        Assert.Equal(expected, string.Join(',', node.Validate().Select(static error => $"{error.Path} {error.Code}")));

    [Theory]
    [MemberData(nameof(Marks))]
    public void Marks_may_be_any_bits_that_follow_each_other(MarkSettings marks) => Assert.Empty((Full with { Marks = marks }).Validate());

    [Theory]
    [MemberData(nameof(Rights))]
    public void Each_change_says_which_right_it_needs(Change change, AccessRight right) => Assert.Equal(right, change.Right);

    [Fact]
    public void Settings_survive_their_JSON_and_fit_the_schema()
    {
        foreach (var node in new[] { Full, new NodeSettings() })
        {
            var json = IlbJson.Serialize(node);
            Assert.Equal(node, IlbJson.DeserializeNodeSettings(json));
            Assert.Empty(Schema.Check(json));
        }
    }

    [Fact]
    public void The_schema_has_exactly_the_members_and_words_that_there_are()
    {
        var json = JsonDocument.Parse(IlbJson.Serialize(Full)).RootElement;
        Assert.Equal(Names(json).Prepend("$schema"), Names(Schema.Root.GetProperty("properties")));
        foreach (var (member, definition) in new[] { ("interfaces", "interfaceName"), ("failoverGroups", "failoverPriority"), ("groups", "groupAccess") })
            Assert.Equal(Names(json.GetProperty(member)[0]), Names(Definition(definition)));
        foreach (var member in new[] { "sync", "marks", "probes", "statusPage" })
            Assert.Equal(Names(json.GetProperty(member)), Names(Definition(member)));
        Assert.Equal(AccessRightNames.All, Definition("groupAccess").GetProperty("right").GetProperty("enum").EnumerateArray().Select(static word => word.GetString()!));
    }

    [Fact]
    public void The_name_of_a_schema_is_kept() =>
        Assert.StartsWith("{\n  \"$schema\": \"x\",", Encoding.UTF8.GetString(IlbJson.Serialize(Read("{ \"format\": 1, \"$schema\": \"x\" }"))), StringComparison.Ordinal);

    [Fact]
    public void What_a_person_leaves_out_has_its_default()
    {
        Assert.Equal(new NodeSettings(), Read("{ \"format\": 1 }"));
        Assert.Equal(
            new NodeSettings { Sync = new SyncSettings { Interface = "eth1" }, Marks = new MarkSettings { Mask = 255 }, StatusPage = new StatusPage { Port = 80 } },
            Read("{ \"format\": 1, \"sync\": { \"interface\": \"eth1\" }, \"marks\": { \"mask\": \"0xFF\" }, \"probes\": {}, \"statusPage\": { \"port\": 80 } }"));
        Assert.Equal((TimeSpan.FromSeconds(10), 0xffff0000, 0u), (new NodeSettings().AuditInterval, new MarkSettings().Mask, new MarkSettings().Base));
        Assert.Equal("224.0.0.81 8848 1", $"{new SyncSettings { Interface = "eth1" }.Group} {new SyncSettings { Interface = "eth1" }.Port} {new SyncSettings { Interface = "eth1" }.TimeToLive}");
        Assert.Equal(IPAddress.Loopback, new StatusPage { Port = 80 }.Address);
    }

    [Theory]
    [InlineData("\"marks\": { \"mask\": \"ff\" }", "marks.mask: bits of a mark are a number of 0-4294967295 or a text such as \"0xffff0000\"")]
    [InlineData("\"marks\": { \"mask\": \"0x100000000\" }", "marks.mask: bits of a mark are")]
    [InlineData("\"marks\": { \"mask\": -1 }", "marks.mask: bits of a mark are")]
    [InlineData("\"marks\": { \"mask\": 5 }", "marks: the bits of mask 0x00000005 do not follow each other")]
    [InlineData("\"groups\": [ { \"name\": \"a\", \"right\": \"all\" } ]", "groups[0].right: 'all' is not a right: it is one of enable, change")]
    [InlineData("\"statusPage\": {}", "statusPage: the member 'port' is missing")]
    [InlineData("\"auditInterval\": 0", "auditInterval: a duration longer than 0 is expected")]
    [InlineData("\"mask\": 1", "mask: unknown member 'mask'")]
    public void Damaged_settings_are_refused_with_their_line(string member, string message)
    {
        var refused = Assert.Throws<IlbException>(() => Read($"{{ \"format\": 1,\n{member} }}"));
        var error = Assert.Single(refused.Errors);
        Assert.Equal((IlbErrorCode.ConfigurationDamaged, 2), (error.Code, error.Line));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_of_the_manual_is_settings()
    {
        var manual = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configuration.md"));
        var example = manual[manual.IndexOf("## The settings of one machine", StringComparison.Ordinal)..].Split("```json")[1].Split("```")[0];
        Assert.Empty(Schema.Check(Encoding.UTF8.GetBytes(example)));
        Assert.Equal(("ens3", TimeSpan.FromSeconds(5)), (Read(example).Interfaces[0].Local, Read(example).AuditInterval));
    }

    private static NodeSettings Read(string json) => IlbJson.DeserializeNodeSettings(Encoding.UTF8.GetBytes(json));

    private static JsonElement Definition(string name) => Schema.Root.GetProperty("$defs").GetProperty(name).GetProperty("properties");

    private static List<string> Names(JsonElement value) => [.. value.EnumerateObject().Select(static member => member.Name).Order()];
}
