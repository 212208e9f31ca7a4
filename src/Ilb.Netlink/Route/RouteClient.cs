using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Route;

/// <summary>
/// A client of rtnetlink, as far as a load balancer needs it: interfaces, the addresses on them, neighbours, and which way leads to an address. Reading needs no privilege, changes need
/// <c>CAP_NET_ADMIN</c>. Several threads may use one client: their calls take turns.
/// </summary>
/// <example><code>
/// using var route = new RouteClient();
/// var eth0 = await route.FindLinkAsync("eth0") ?? throw new InvalidOperationException("no eth0");
/// await route.AddAddressAsync(new InterfaceAddress { LinkIndex = eth0.Index, Address = IPAddress.Parse("192.0.2.1"), PrefixLength = 32 });
/// </code></example>
public sealed class RouteClient : IDisposable
{
    private readonly NetlinkChannel _channel;

    /// <summary>Makes a client; nothing is opened yet.</summary>
    /// <param name="options">Namespace and deadlines; null = <see cref="NetlinkOptions.Default"/>.</param>
    public RouteClient(NetlinkOptions? options = null)
        : this(NetlinkChannel.Open(options ?? NetlinkOptions.Default, RouteConstants.Protocol, RouteConstants.ReceiveBufferLength))
    {
    }

    internal RouteClient(NetlinkChannel channel) => _channel = channel;

    /// <summary>The interface of a name, or null if there is none.</summary>
    /// <param name="name">1–15 bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Link?> FindLinkAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        CheckName(name, nameof(name));
        return FindAsync(new LinkRequest(name, 0), name, cancellationToken);
    }

    /// <summary>The interface of an index, or null if there is none.</summary>
    /// <param name="index">From 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Link?> FindLinkByIndexAsync(int index, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, 1);
        return FindAsync(new LinkRequest(null, index), $"link {index}", cancellationToken);
    }

    /// <summary>The way that packets of this machine take to an address; null if none leads there.</summary>
    /// <param name="destination">The address, without scope.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The address has a scope or is of another family.</exception>
    public async Task<RouteState?> FindRouteAsync(IPAddress destination, CancellationToken cancellationToken = default) =>
        (await FindRoutesAsync([destination], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The ways to many addresses, in their order, asked for one after the other in one turn.</summary>
    /// <param name="destinations">The addresses, without scope.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An address has a scope or is of another family. Nothing was sent.</exception>
    public Task<IReadOnlyList<RouteState?>> FindRoutesAsync(IReadOnlyList<IPAddress> destinations, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destinations);
        foreach (var destination in destinations)
        {
            ArgumentNullException.ThrowIfNull(destination, nameof(destinations));
            KernelAddress.Check(destination, nameof(destinations));
        }

        return _channel.RunAsync<IReadOnlyList<RouteState?>>(
            (connection, cancelled) =>
            {
                var routes = new RouteState?[destinations.Count];
                for (int i = 0; i < routes.Length; i++)
                {
                    cancelled.ThrowIfCancellationRequested();
                    routes[i] = FindRoute(connection, destinations[i]);
                }

                return routes;
            },
            cancellationToken);
    }

    /// <summary>All interfaces of the network namespace.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<Link>> GetLinksAsync(CancellationToken cancellationToken = default) =>
        DumpAsync(RouteMessages.Link, new ListRequest<RouteConstants.LinkHeader>(RouteConstants.GetLink, "listing the interfaces"), cancellationToken);

    /// <summary>All IPv4 and IPv6 neighbours that the network namespace knows.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<NeighborState>> GetNeighborsAsync(CancellationToken cancellationToken = default) =>
        DumpAsync(RouteMessages.Neighbor, new ListRequest<RouteConstants.NeighborHeader>(RouteConstants.GetNeighbor, "listing the neighbours"), cancellationToken);

    /// <summary>All IPv4 and IPv6 addresses of the network namespace.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<InterfaceAddressState>> GetAddressesAsync(CancellationToken cancellationToken = default) =>
        DumpAsync(RouteMessages.Address, new ListRequest<RouteConstants.AddressHeader>(RouteConstants.GetAddress, "listing the addresses"), cancellationToken);

    /// <summary>Adds an address. <see cref="NetlinkErrorCode.AlreadyExists"/> if the interface has it; <see cref="NetlinkErrorCode.NotFound"/> without the interface.</summary>
    /// <param name="address">The address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The address cannot be expressed. Nothing was sent.</exception>
    public Task AddAddressAsync(InterfaceAddress address, CancellationToken cancellationToken = default) => ChangeAsync(address, add: true, cancellationToken);

    /// <summary>Removes an address. <see cref="NetlinkErrorCode.NotFound"/> if the interface does not have it with that prefix length, or does not exist.</summary>
    /// <param name="address">The address; only <see cref="InterfaceAddress.LinkIndex"/>, <see cref="InterfaceAddress.Address"/> and <see cref="InterfaceAddress.PrefixLength"/> matter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The address cannot be expressed. Nothing was sent.</exception>
    public Task RemoveAddressAsync(InterfaceAddress address, CancellationToken cancellationToken = default) => ChangeAsync(address, add: false, cancellationToken);

    /// <summary>Closes the socket. A call under way still ends.</summary>
    public void Dispose() => _channel.Dispose();

    private static RouteState? FindRoute(NetlinkConnection connection, IPAddress destination)
    {
        var answers = new Answers<RouteState>(RouteMessages.Route);
        try
        {
            connection.Execute(new RouteRequest(destination), ref answers);
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EINVAL or Errno.EACCES)
        {
            // Without a route; or one that is unreachable, a black hole, or prohibited.
            return null;
        }

        return answers.List is [var only] ? only : null;
    }

    private Task<Link?> FindAsync(LinkRequest request, string what, CancellationToken cancellationToken) => _channel.RunAsync(
        (connection, _) =>
        {
            var answers = new Answers<Link>(RouteMessages.Link);
            try
            {
                connection.Execute(request, ref answers);
            }
            catch (NetlinkException e) when (e.Code == NetlinkErrorCode.NotFound)
            {
                return null;
            }

            return answers.List is [var only] ? only : throw ProtocolError.Make("{0} links answer for {1}", answers.List.Count, what);
        },
        cancellationToken);

    private Task<IReadOnlyList<T>> DumpAsync<T, TRequest>(Decode<T> decode, TRequest request, CancellationToken cancellationToken)
        where TRequest : struct, INetlinkRequest =>
        _channel.RunAsync<IReadOnlyList<T>>(
            (connection, _) =>
            {
                var answers = new Answers<T>(decode);
                connection.Dump(request, ref answers);
                return answers.List;
            },
            cancellationToken);

    private Task<bool> ChangeAsync(InterfaceAddress address, bool add, CancellationToken cancellationToken)
    {
        Check(address);
        return _channel.RunAsync(
            (connection, _) =>
            {
                var none = new NoAnswer();
                connection.Execute(new AddressRequest(address, add), ref none);
                return true;
            },
            cancellationToken);
    }

    private static void Check(InterfaceAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(address.Address);
        KernelAddress.Check(address.Address, nameof(address));
        ArgumentOutOfRangeException.ThrowIfLessThan(address.LinkIndex, 1, nameof(address.LinkIndex));
        int maximum = address.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        if (address.PrefixLength < 0 || address.PrefixLength > maximum)
            throw new ArgumentOutOfRangeException(nameof(address), address.PrefixLength, $"{address}: the prefix length must be 0 to {maximum}");
        if (address.PreferredLifetime is { } life && (life.Ticks % TimeSpan.TicksPerSecond != 0 || life < TimeSpan.Zero || life.TotalSeconds >= uint.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(address), life, $"{address}: the preferred lifetime must be whole seconds from 0 to {uint.MaxValue - 1}");
        if (address.Label is not null)
            CheckName(address.Label, nameof(address.Label));
    }

    private static void CheckName(string name, string member)
    {
        if (name.Length == 0 || name.Contains('\0') || Encoding.UTF8.GetByteCount(name) > RouteConstants.MaximumNameLength)
            throw new ArgumentException($"'{name}' must have 1 to {RouteConstants.MaximumNameLength} bytes and no NUL", member);
    }

    private readonly struct LinkRequest(string? name, int index) : INetlinkRequest
    {
        public ushort MessageType => RouteConstants.GetLink;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            writer.WriteHeader(new RouteConstants.LinkHeader { Index = index });
            if (name is not null)
                writer.WriteString(RouteConstants.LinkName, name);
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => RouteMessages.Refused(
            name is null ? string.Create(CultureInfo.InvariantCulture, $"looking for interface {index}") : $"looking for interface {name}", acknowledgement);
    }

    private readonly struct RouteRequest(IPAddress destination) : INetlinkRequest
    {
        public ushort MessageType => RouteConstants.GetRoute;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            writer.WriteHeader(new RouteConstants.RouteHeader
            {
                Family = (byte)KernelAddress.FamilyNumber(destination.AddressFamily),
                DestinationLength = (byte)(8 * KernelAddress.Length(destination.AddressFamily)),
            });
            writer.WriteAddress(RouteConstants.RouteDestination, destination);
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => RouteMessages.Refused($"looking for the route to {destination}", acknowledgement);
    }

    private readonly struct ListRequest<THeader>(ushort type, string doing) : INetlinkRequest
        where THeader : unmanaged
    {
        public ushort MessageType => type;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer) => writer.WriteHeader(default(THeader));

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => RouteMessages.Refused(doing, acknowledgement);
    }

    private readonly struct AddressRequest(InterfaceAddress address, bool add) : INetlinkRequest
    {
        public ushort MessageType => add ? RouteConstants.NewAddress : RouteConstants.DeleteAddress;

        public ushort Flags => add ? (ushort)(NetlinkConstants.FlagCreate | NetlinkConstants.FlagExclusive) : (ushort)0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            writer.WriteHeader(new RouteConstants.AddressHeader
            {
                Family = (byte)KernelAddress.FamilyNumber(address.Address.AddressFamily),
                PrefixLength = (byte)address.PrefixLength,
                Index = (uint)address.LinkIndex,
            });
            // LOCAL is the address, ADDRESS the peer of a point-to-point link, elsewhere the same.
            writer.WriteAddress(RouteConstants.AddressLocal, address.Address);
            writer.WriteAddress(RouteConstants.AddressAddress, address.Address);
            if (!add)
                return;
            if (address.Label is { } label)
                writer.WriteString(RouteConstants.AddressLabel, label);
            if (address.States != InterfaceAddressStates.None)
                writer.WriteUInt32(RouteConstants.AddressFlags, (uint)address.States);
            if (address.PreferredLifetime is { } preferred)
            {
                var life = new RouteConstants.CacheInformation { Preferred = (uint)preferred.TotalSeconds, Valid = RouteConstants.InfiniteLifetime };
                writer.WriteBytes(RouteConstants.AddressCacheInfo, MemoryMarshal.AsBytes(new ReadOnlySpan<RouteConstants.CacheInformation>(in life)));
            }
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) =>
            RouteMessages.Refused($"{(add ? "adding" : "removing")} address {address}", acknowledgement);
    }
}
