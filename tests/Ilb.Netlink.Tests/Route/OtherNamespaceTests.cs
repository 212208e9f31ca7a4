using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ilb.Netlink.Route;

namespace Ilb.Netlink.Tests.Route;

/// <summary>A network namespace of the test's own, so that changes meet a real kernel and nothing on the machine. Needs CAP_SYS_ADMIN; skipped without.</summary>
public sealed class OtherNamespaceTests : IDisposable
{
    private const int NewNetwork = 0x40000000;

    private readonly ManualResetEventSlim _done = new();
    private readonly Thread _holder;
    private readonly string? _path;

    public OtherNamespaceTests()
    {
        // A namespace lives as long as a thread is in it.
        var entered = new TaskCompletionSource<string?>();
        _holder = new Thread(() =>
        {
            entered.SetResult(Unshare(NewNetwork) == 0 ? $"/proc/self/task/{ThreadId()}/ns/net" : null);
            _done.Wait();
        });
        _holder.Start();
        _path = entered.Task.Result;
    }

    public void Dispose()
    {
        _done.Set();
        _holder.Join();
        _done.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_works_in_the_namespace_of_its_options()
    {
        using var route = Open();
        Assert.Empty(await route.GetAddressesAsync(Token));
        Assert.Equal(1, (await route.FindLinkAsync("lo", Token))!.Index);
        using var outside = new RouteClient();
        Assert.NotEmpty(await outside.GetAddressesAsync(Token));
    }

    [Fact]
    public async Task What_is_run_in_a_namespace_sees_its_files_and_its_sockets_stay_in_it()
    {
        using var route = Open();
        var vip = IPAddress.Parse("192.0.2.1");
        await route.AddAddressAsync(new InterfaceAddress { LinkIndex = 1, Address = vip, PrefixLength = 32 }, Token);
        using var space = NetworkNamespace.Enter(_path!);
        Assert.Single(space.Run(() => File.ReadAllLines("/proc/thread-self/net/dev")), line => line.Contains(':', StringComparison.Ordinal));
        using var inside = space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        inside.Bind(new IPEndPoint(vip, 0));
        using var outside = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Equal(SocketError.AddressNotAvailable, Assert.Throws<SocketException>(() => outside.Bind(new IPEndPoint(vip, 0))).SocketErrorCode);
    }

    [Theory]
    [InlineData("192.0.2.1", 32)]
    [InlineData("192.0.2.1", 0)]
    [InlineData("2001:db8::1", 128)]
    [InlineData("2001:db8::1", 64)]
    public async Task An_address_is_added_listed_and_removed(string text, int prefix)
    {
        using var route = Open();
        var address = new InterfaceAddress { LinkIndex = 1, Address = IPAddress.Parse(text), PrefixLength = prefix };

        await route.AddAddressAsync(address, Token);
        Assert.Equal(NetlinkErrorCode.AlreadyExists, (await Assert.ThrowsAsync<NetlinkException>(() => route.AddAddressAsync(address, Token))).Code);
        var state = Assert.Single(await route.GetAddressesAsync(Token));
        Assert.Equal((1, address.Address, prefix, null, null), (state.LinkIndex, state.Address, state.PrefixLength, state.PreferredLifetime, state.ValidLifetime));
        Assert.True(state.States.HasFlag(InterfaceAddressStates.Permanent));

        await route.RemoveAddressAsync(address, Token);
        Assert.Empty(await route.GetAddressesAsync(Token));
        Assert.Equal(NetlinkErrorCode.NotFound, (await Assert.ThrowsAsync<NetlinkException>(() => route.RemoveAddressAsync(address, Token))).Code);
    }

    [Fact]
    public async Task States_lifetime_and_label_reach_the_kernel()
    {
        using var route = Open();
        var v4 = new InterfaceAddress { LinkIndex = 1, Address = IPAddress.Parse("192.0.2.1"), PrefixLength = 24, Label = "lo:vip", States = InterfaceAddressStates.NoPrefixRoute };
        var v6 = new InterfaceAddress { LinkIndex = 1, Address = IPAddress.Parse("2001:db8::1"), PrefixLength = 128, States = InterfaceAddressStates.NoDuplicateDetection, PreferredLifetime = TimeSpan.Zero };
        await route.AddAddressAsync(v4, Token);
        await route.AddAddressAsync(v6, Token);

        var states = await route.GetAddressesAsync(Token);

        var first = Assert.Single(states, state => state.Address.Equals(v4.Address));
        Assert.Equal(("lo:vip", true), (first.Label, first.States.HasFlag(InterfaceAddressStates.NoPrefixRoute)));
        var second = Assert.Single(states, state => state.Address.Equals(v6.Address));
        Assert.Equal((TimeSpan.Zero, null), (second.PreferredLifetime, second.ValidLifetime));
        Assert.True(second.States.HasFlag(InterfaceAddressStates.NoDuplicateDetection | InterfaceAddressStates.Deprecated));
    }

    [Fact]
    public async Task The_kernel_refuses_with_its_own_words()
    {
        using var route = Open();
        var error = await Assert.ThrowsAsync<NetlinkException>(() => route.AddAddressAsync(new InterfaceAddress { LinkIndex = 99, Address = IPAddress.Loopback, PrefixLength = 8 }, Token));
        Assert.Equal((NetlinkErrorCode.NotFound, 19), (error.Code, error.Errno));
        Assert.StartsWith("adding address 127.0.0.1/8: No such device", error.Message, StringComparison.Ordinal);
    }

    // Far more than a datagram holds: the list comes in many.
    [Fact]
    public async Task Thousands_of_addresses_are_listed_whole()
    {
        using var route = Open();
        for (int i = 0; i < 2000; i++)
            await route.AddAddressAsync(new InterfaceAddress { LinkIndex = 1, Address = new IPAddress([10, 1, (byte)(i >> 8), (byte)i]), PrefixLength = 32 }, Token);
        Assert.Equal(2000, (await route.GetAddressesAsync(Token)).Select(state => state.Address).Distinct().Count());
    }

    private RouteClient Open()
    {
        Assert.SkipWhen(_path is null, "a network namespace of its own needs CAP_SYS_ADMIN");
        return new RouteClient(new NetlinkOptions { NetworkNamespace = _path });
    }

    [DllImport("libc", EntryPoint = "unshare")]
    private static extern int Unshare(int flags);

    [DllImport("libc", EntryPoint = "gettid")]
    private static extern int ThreadId();
}
