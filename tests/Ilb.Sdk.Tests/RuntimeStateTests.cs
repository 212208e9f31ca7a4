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
        var state = RuntimeState.Load(Path, "boot 1");
        Assert.Empty(state.Owned);
        state.Begin([Web, Dns, Mark], "a.json");
        AssertSame(state, RuntimeState.Load(Path, "boot 1"));
        state.End([Dns], "v1");
        var again = RuntimeState.Load(Path, "boot 1");
        AssertSame(state, again);
        Assert.True(again.Owned.SetEquals([Web, Mark]));
        Assert.Equal("v1", again.SettledVersion);
        again.Begin([Web], "a.json");
        Assert.Null(RuntimeState.Load(Path, "boot 1").SettledVersion);
    }

    [Fact]
    public void Nothing_new_writes_nothing()
    {
        var state = RuntimeState.Load(Path, "boot 1");
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
            var state = RuntimeState.Load(Path, "boot 1");
            state.Begin([Web], "a.json");
            state.End(i % 2 == 0 ? [] : [Web], $"v{i}");
            AssertSame(state, RuntimeState.Load(Path, "boot 1"));
        }

        Assert.True(File.ReadAllLines(Path).Length < 300);
    }

    [Theory]
    [InlineData("")]
    [InlineData("format 1")]
    [InlineData("format 1\nnamespace boot 2\nown TCP 192.0.2.1 80\nsettled v1\n")]
    [InlineData("format 1\nown TCP 192.0.2.1 80\nsettled v1\n")]
    [InlineData("format 2\nown TCP 192.0.2.1 80\n")]
    [InlineData("rubbish")]
    public void A_file_without_meaning_is_as_good_as_none(string text)
    {
        Write(text);
        var state = RuntimeState.Load(Path, "boot 1");
        Assert.Empty(state.Owned);
        state.Begin([Dns], "a.json");
        state.End([], null);
        Assert.Equal([Dns], RuntimeState.Load(Path, "boot 1").Owned);
    }

    [Theory]
    [InlineData("format 1\nnamespace boot 1\nown TCP 192.0.2.1 80\nsettled v1\nown UDP 2001:d")]
    [InlineData("format 1\nnamespace boot 1\nown TCP 192.0.2.1 80\nown XXX 192.0.2.1 80\nsettled v1\n")]
    [InlineData("format 1\nnamespace boot 1\nown TCP 192.0.2.1 80\nown TCP 192.0.2.1 99999\nsettled v1\n")]
    [InlineData("format 1\nnamespace boot 1\nown TCP 192.0.2.1 80\n\0\0\0\nsettled v1\n")]
    [InlineData("format 1\nnamespace boot 1\nown TCP 192.0.2.1 80\nown FWM 0 IPv4\nsettled v1\n")]
    public void A_line_without_meaning_only_means_a_closer_look(string text)
    {
        Write(text);
        var state = RuntimeState.Load(Path, "boot 1");
        Assert.Equal([Web], state.Owned);
        Assert.Null(state.SettledVersion);
        state.Begin([Dns], "a.json");
        state.End([], "v2");
        var again = RuntimeState.Load(Path, "boot 1");
        Assert.True(again.Owned.SetEquals([Web, Dns]));
        Assert.Equal("v2", again.SettledVersion);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_only_intended_is_ours_if_the_configuration_asks_for_it(bool isConfigured)
    {
        RuntimeState.Load(Path, "boot 1").Begin([Web], "a.json");
        for (var i = 0; i < 2; i++)
        {
            var state = RuntimeState.Load(Path, "boot 1");
            Assert.Empty(state.Owned);
            state.Recall(key => isConfigured && key == Web);
            Assert.Equal(isConfigured ? [Web] : [], state.Owned);
        }

        var decided = RuntimeState.Load(Path, "boot 1");
        decided.Recall(key => isConfigured && key == Web);
        decided.Begin([], "a.json");
        Assert.Equal(isConfigured ? [Web] : [], RuntimeState.Load(Path, "boot 1").Owned);
    }

    [Fact]
    public void Only_a_state_of_this_life_of_the_namespace_is_a_memory()
    {
        Assert.True(RuntimeState.Load(Path, "boot 1").IsLost);
        var state = RuntimeState.Load(Path, "boot 1");
        state.Begin([Web], "a.json");
        state.End([], "v1");
        Assert.False(RuntimeState.Load(Path, "boot 1").IsLost);
        var other = RuntimeState.Load(Path, "boot 2");
        Assert.True(other.IsLost);
        Assert.Empty(other.Owned);
        Assert.Null(other.SettledVersion);
    }

    [Fact]
    public void A_state_that_cannot_be_written_is_an_error()
    {
        File.WriteAllText(_folder.File("run"), "a file where the folder should be");
        var refused = Assert.Throws<IlbException>(() => RuntimeState.Load(Path, "boot 1").Begin([Web], "a.json"));
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
