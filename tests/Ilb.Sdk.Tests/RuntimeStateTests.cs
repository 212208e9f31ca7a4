using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class RuntimeStateTests : IDisposable
{
    private static readonly IpvsServiceKey Web = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, NumericAddress.Parse("192.0.2.1"), 80);
    private static readonly IpvsServiceKey Dns = IpvsServiceKey.ForAddress(IpvsProtocol.Udp, NumericAddress.Parse("2001:db8::1"), 53);
    private static readonly IpvsServiceKey Mark = IpvsServiceKey.ForFirewallMark(7, System.Net.Sockets.AddressFamily.InterNetworkV6);

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("run/ilb.state");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_noted_is_remembered()
    {
        var state = RuntimeState.Load(Path);
        Assert.Empty(state.Owned);
        state.Begin([Web, Dns, Mark], "a.json");
        AssertSame(state, RuntimeState.Load(Path));
        state.End([Dns], "v1");
        var again = RuntimeState.Load(Path);
        AssertSame(state, again);
        Assert.True(again.Owned.SetEquals([Web, Mark]));
        Assert.Equal("v1", again.SettledVersion);
        again.Begin([Web], "a.json");
        Assert.Null(RuntimeState.Load(Path).SettledVersion);
    }

    [Fact]
    public void Nothing_new_writes_nothing()
    {
        var state = RuntimeState.Load(Path);
        state.Begin([], "a.json");
        state.End([], null);
        Assert.False(File.Exists(Path));
        state.Begin([Web], "a.json");
        state.End([], "v1");
        var length = new FileInfo(Path).Length;
        state.Begin([Web], "a.json");
        state.End([], "v1");
        Assert.Equal(length + "unsettled\nsettled v1\n".Length, new FileInfo(Path).Length);
    }

    [Fact]
    public void A_long_history_is_rewritten()
    {
        for (var i = 0; i < 400; i++)
        {
            var state = RuntimeState.Load(Path);
            state.Begin([Web], "a.json");
            state.End(i % 2 == 0 ? [] : [Web], $"v{i}");
            AssertSame(state, RuntimeState.Load(Path));
        }

        Assert.True(File.ReadAllLines(Path).Length < 300);
    }

    [Theory]
    [InlineData("")]
    [InlineData("format 1")]
    [InlineData("format 2\nown TCP 192.0.2.1 80\n")]
    [InlineData("rubbish")]
    public void A_file_without_meaning_is_as_good_as_none(string text)
    {
        Write(text);
        var state = RuntimeState.Load(Path);
        Assert.Empty(state.Owned);
        state.Begin([Dns], "a.json");
        Assert.Equal([Dns], RuntimeState.Load(Path).Owned);
    }

    [Theory]
    [InlineData("format 1\nown TCP 192.0.2.1 80\nsettled v1\nown UDP 2001:d")]
    [InlineData("format 1\nown TCP 192.0.2.1 80\nown XXX 192.0.2.1 80\nsettled v1\n")]
    [InlineData("format 1\nown TCP 192.0.2.1 80\nown TCP 192.0.2.1 99999\nsettled v1\n")]
    [InlineData("format 1\nown TCP 192.0.2.1 80\n\0\0\0\nsettled v1\n")]
    [InlineData("format 1\nown TCP 192.0.2.1 80\nown FWM 0 IPv4\nsettled v1\n")]
    public void A_line_without_meaning_only_means_a_closer_look(string text)
    {
        Write(text);
        var state = RuntimeState.Load(Path);
        Assert.Equal([Web], state.Owned);
        Assert.Null(state.SettledVersion);
        state.Begin([Dns], "a.json");
        state.End([], "v2");
        var again = RuntimeState.Load(Path);
        Assert.True(again.Owned.SetEquals([Web, Dns]));
        Assert.Equal("v2", again.SettledVersion);
    }

    [Fact]
    public void A_state_that_cannot_be_written_is_an_error()
    {
        File.WriteAllText(_folder.File("run"), "a file where the folder should be");
        var refused = Assert.Throws<IlbException>(() => RuntimeState.Load(Path).Begin([Web], "a.json"));
        Assert.Equal(IlbErrorCode.SaveFailed, refused.Code);
    }

    private static void AssertSame(RuntimeState expected, RuntimeState actual)
    {
        Assert.True(expected.Owned.SetEquals(actual.Owned));
        Assert.Equal(expected.SettledVersion, actual.SettledVersion);
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(Path, text);
    }
}
