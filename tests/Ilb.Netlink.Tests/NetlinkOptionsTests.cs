namespace Ilb.Netlink.Tests;

public sealed class NetlinkOptionsTests
{
    [Fact]
    public void The_defaults_are_the_own_namespace_and_ten_seconds()
    {
        Assert.Null(NetlinkOptions.Default.NetworkNamespace);
        Assert.Equal(TimeSpan.FromSeconds(10), NetlinkOptions.Default.ResponseTimeout);
        Assert.Same(TimeProvider.System, NetlinkOptions.Default.TimeProvider);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3_600_001)]
    public void A_response_timeout_out_of_range_is_refused_by_name(long milliseconds)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new NetlinkOptions { ResponseTimeout = TimeSpan.FromMilliseconds(milliseconds) });
        Assert.Equal("ResponseTimeout", error.ParamName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_600_000)]
    public void A_response_timeout_in_range_is_taken(long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), new NetlinkOptions { ResponseTimeout = TimeSpan.FromMilliseconds(milliseconds) }.ResponseTimeout);
}
