namespace Ilb.Tests;

public sealed class ValueListTests
{
    [Fact]
    public void Lists_are_equal_if_their_elements_are()
    {
        ValueList<string> one = ["a", "b"];
        var same = new[] { "a", "b" }.ToValueList();
        Assert.Equal(one, same);
        Assert.True(one.Equals((object)same));
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, ["b", "a"]);
        Assert.False(one.Equals(null));
        Assert.Equal("[a, b]", one.ToString());
    }

    [Fact]
    public void Objects_with_equal_lists_are_equal()
    {
        var one = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.3") };
        Assert.Equal(one, new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.3") });
        Assert.NotEqual(one, one with { Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2") });
    }

    [Fact]
    public void A_list_does_not_see_later_changes_of_its_source()
    {
        string[] source = ["a"];
        var list = source.ToValueList();
        source[0] = "b";
        Assert.Equal("a", list[0]);
    }
}
