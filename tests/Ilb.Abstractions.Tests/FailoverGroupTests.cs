using System.Net;
using System.Text;

namespace Ilb.Tests;

public sealed class FailoverGroupTests
{
    private static readonly FailoverGroup Group = new() { Name = "f", VirtualRouterId = 51, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1/24"), VirtualAddress.Parse("192.0.2.2")] };

    private static readonly FailoverGroup V6 = Group with { Name = "v6", Addresses = [VirtualAddress.Parse("2001:db8::1/64")], Peers = [IPAddress.Parse("2001:db8::8"), IPAddress.Parse("2001:db8::9")], Preempt = true, Enabled = false };

    private static readonly Configuration Site = new() { FailoverGroups = [Group, V6] };

    public static TheoryData<FailoverGroup, string> Refusals => new()
    {
        { Group with { Name = "" }, "name InvalidName" },
        { Group with { VirtualRouterId = 0 }, "vrid InvalidArgument" },
        { Group with { VirtualRouterId = 256 }, "vrid InvalidArgument" },
        { Group with { Interface = "" }, "interface InvalidArgument" },
        { Group with { Interface = "0123456789abcdef" }, "interface InvalidArgument" },
        { Group with { Priority = 0 }, "priority InvalidArgument" },
        { Group with { Priority = 255 }, "priority InvalidArgument" },
        { Group with { Interval = TimeSpan.FromMilliseconds(9) }, "interval InvalidArgument,interval InvalidArgument" },
        { Group with { Interval = TimeSpan.FromMilliseconds(15) }, "interval InvalidArgument" },
        { Group with { Interval = TimeSpan.FromMilliseconds(40_960) }, "interval InvalidArgument" },
        { Group with { Addresses = [] }, "vips InvalidArgument" },
        { Group with { Addresses = Enumerable.Range(1, 256).Select(static n => new VirtualAddress(new IPAddress([10, 0, (byte)(n / 256), (byte)n]))).ToValueList() }, "vips InvalidArgument" },
        { Group with { Addresses = [new VirtualAddress(IPAddress.Loopback)] }, "vips[0] InvalidAddress" },
        { Group with { Addresses = [Group.Addresses[0], V6.Addresses[0]] }, "vips[1] FamilyMismatch" },
        { Group with { Addresses = [Group.Addresses[0], VirtualAddress.Parse("192.0.2.1/25")] }, "vips[1] InvalidAddress" },
        { Group with { Peers = [IPAddress.Parse("192.0.2.8"), IPAddress.Parse("224.0.0.1"), IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.8")] }, "peers[1] InvalidAddress,peers[2] FamilyMismatch,peers[3] InvalidAddress" },
    };

    public static TheoryData<Change, string> RefusedChanges => new()
    {
        { new CreateFailoverGroup { FailoverGroup = Group }, "AlreadyExists: failover group 'f' exists already" },
        { new CreateFailoverGroup { FailoverGroup = Group with { Name = "g", Addresses = [VirtualAddress.Parse("192.0.2.3")] } }, "InvalidArgument: failover group 'g': vrid 51 on eth0 is failover group 'f''s" },
        { new CreateFailoverGroup { FailoverGroup = Group with { Name = "g", VirtualRouterId = 52, Addresses = [VirtualAddress.Parse("192.0.2.3"), VirtualAddress.Parse("192.0.2.2/24")] } }, "InvalidAddress: failover group 'g': VIP 192.0.2.2 is failover group 'f''s" },
        { new DeleteFailoverGroups(), "InvalidArgument: no failover group is named" },
        { new DeleteFailoverGroups { Names = ["f"], All = true }, "InvalidArgument: either all failover groups or names are given, not both" },
        { new DeleteFailoverGroups { Names = ["x", "f", "y", "x"] }, "NotFound: failover group 'x' does not exist\nNotFound: failover group 'y' does not exist" },
        { new EnableFailoverGroups { Names = ["x"] }, "NotFound: failover group 'x' does not exist" },
        { new DisableFailoverGroups { Names = ["x"] }, "NotFound: failover group 'x' does not exist" },
        { new SetFailoverGroup { Name = "x" }, "NotFound: failover group 'x' does not exist" },
        { new SetFailoverGroup { Name = "v6", Addresses = Group.Addresses, Peers = [], Priority = 255 }, "InvalidArgument: failover group 'v6': priority 255 is out of range, allowed is 1-254\nInvalidArgument: failover group 'v6': vrid 51 on eth0 is failover group 'f''s\nInvalidAddress: failover group 'v6': VIP 192.0.2.1 is failover group 'f''s\nInvalidAddress: failover group 'v6': VIP 192.0.2.2 is failover group 'f''s" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void All_that_is_wrong_is_told(FailoverGroup group, string expected) =>
        Assert.Equal(expected, string.Join(',', group.Validate().Select(static error => $"{error.Path} {error.Code}")));

    [Theory]
    [MemberData(nameof(RefusedChanges))]
    public void A_refused_change_says_all_that_is_wrong(Change change, string expected)
    {
        var refused = Assert.Throws<IlbException>(() => change.ApplyTo(Site));
        Assert.Equal(expected, string.Join('\n', refused.Errors.Select(static error => $"{error.Code}: {error.Message}")));
        Assert.Equal([change], IlbJson.DeserializeChanges(IlbJson.Serialize([change])));
    }

    [Fact]
    public void Changes_of_failover_groups()
    {
        Assert.Empty(Site.Validate());
        Assert.Equal(Site, new CreateFailoverGroup { FailoverGroup = V6 }.ApplyTo(Site with { FailoverGroups = [Group] }));
        Assert.Equal([V6], new DeleteFailoverGroups { Names = ["f"] }.ApplyTo(Site).FailoverGroups);
        Assert.Empty(new DeleteFailoverGroups { All = true }.ApplyTo(Site).FailoverGroups);
        Assert.Equal([Group, V6 with { Enabled = true }], new EnableFailoverGroups { Names = ["v6"] }.ApplyTo(Site).FailoverGroups);
        Assert.Equal([Group with { Enabled = false }, V6], new DisableFailoverGroups { All = true }.ApplyTo(Site).FailoverGroups);
    }

    [Fact]
    public void Of_a_failover_group_only_what_is_given_changes()
    {
        Assert.Equal(Site, new SetFailoverGroup { Name = "f" }.ApplyTo(Site));
        var change = new SetFailoverGroup { Name = "v6", VirtualRouterId = 7, Interface = "eth1", Priority = 200, Interval = TimeSpan.FromMilliseconds(50), Preempt = false, Peers = [], Addresses = [VirtualAddress.Parse("2001:db8::2")] };
        var expected = new FailoverGroup { Name = "v6", Enabled = false, VirtualRouterId = 7, Interface = "eth1", Priority = 200, Interval = TimeSpan.FromMilliseconds(50), Addresses = [VirtualAddress.Parse("2001:db8::2")] };
        Assert.Equal([Group, expected], change.ApplyTo(Site).FailoverGroups);
        Assert.Equal([change], IlbJson.DeserializeChanges(IlbJson.Serialize([change])));
    }

    [Fact]
    public void A_failover_group_survives_its_JSON_and_fits_the_schema()
    {
        var json = IlbJson.Serialize(Site);
        Assert.Equal(Site, IlbJson.DeserializeConfiguration(json));
        Assert.Empty(JsonSchema.Load().Check(json));
    }

    [Fact]
    public void What_a_person_leaves_out_has_its_default() => Assert.Equal(
        Group,
        Assert.Single(IlbJson.DeserializeConfiguration("""{ "format": 1, "failoverGroups": [ { "name": "f", "vrid": 51, "interface": "eth0", "vips": ["192.0.2.1/24", "192.0.2.2/32"] } ] }"""u8).FailoverGroups));

    [Fact]
    public void Groups_of_a_file_that_do_not_go_together_are_told_with_their_lines()
    {
        var json = IlbJson.Serialize(new Configuration { FailoverGroups = [Group, Group] });
        var refused = Assert.Throws<IlbException>(() => IlbJson.DeserializeConfiguration(json));
        Assert.Equal(["failoverGroups[1].vrid", "failoverGroups[1].vips", "failoverGroups[1].vips", "failoverGroups[1].name"], refused.Errors.Select(static error => error.Path));
        var lines = Encoding.UTF8.GetString(json).Split('\n');
        Assert.Contains("\"vrid\"", lines[refused.Errors[0].Line!.Value - 1], StringComparison.Ordinal);
        Assert.Contains("\"name\"", lines[refused.Errors[3].Line!.Value - 1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1/32", "192.0.2.1")]
    [InlineData("192.0.2.1/1", "192.0.2.1/1")]
    [InlineData("[2001:db8::1]/64", "2001:db8::1/64")]
    [InlineData("2001:db8::1/128", "2001:db8::1")]
    public void A_virtual_address_is_read(string text, string expected) => Assert.Equal(expected, VirtualAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1/")]
    [InlineData("192.0.2.1/0")]
    [InlineData("192.0.2.1/33")]
    [InlineData("192.0.2.1/+1")]
    [InlineData("192.0.2/24")]
    [InlineData("2001:db8::1/129")]
    [InlineData("2001:db8::1/64/64")]
    public void What_is_no_virtual_address_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => VirtualAddress.Parse(text));
        Assert.False(VirtualAddress.TryParse(text, null, out _));
    }

    [Fact]
    public void The_length_of_a_prefix_has_limits()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new VirtualAddress(IPAddress.Parse("192.0.2.1"), 33));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new VirtualAddress(IPAddress.Parse("2001:db8::1"), 0));
    }
}
