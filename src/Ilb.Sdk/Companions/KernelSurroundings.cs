using System.Net;
using System.Net.Sockets;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>The kernel's packet filter, addresses and settings.</summary>
internal sealed class KernelSurroundings(string instance, INftables nftables, RouteClient route, IpvsClient ipvs, KernelSpace space) : ISurroundings
{
    public async Task<FoundCompanions> ReadAsync(IReadOnlyCollection<Companion> about, bool withFilter, CancellationToken cancellationToken)
    {
        var objects = new Dictionary<string, Companion>();
        IlbException? failure = null;
        var content = FilterContent.Nothing;
        if (withFilter)
        {
            try
            {
                content = await ReadFilterAsync().ConfigureAwait(false);
            }
            catch (IlbException e)
            {
                failure = e;
            }

            foreach (var (id, companion) in content.Objects)
                objects.Add(id, companion);
        }

        await ReadAddressesAsync([.. about.OfType<OwnedAddress>()], objects, cancellationToken).ConfigureAwait(false);
        await ReadTimeoutsAsync([.. about.OfType<IdleTimeout>()], objects, cancellationToken).ConfigureAwait(false);
        ReadSettings([.. about.OfType<KernelSetting>()], objects);
        return new FoundCompanions
        {
            Objects = objects,
            HasFilter = withFilter && failure is null,
            HasTable = content.Exists,
            IsDamaged = content.IsDamaged,
            IsForeign = content.IsForeign,
            FilterFailure = failure,
        };
    }

    public Task<KernelFacts> ExamineAsync(IReadOnlyCollection<IPAddress> addresses, CancellationToken cancellationToken) =>
        TranslateAsync(new KernelFactReader(nftables, route, ipvs, space).ReadAsync(addresses, cancellationToken));

    public async Task<IReadOnlyDictionary<IPAddress, ProbeRoute>> FindRoutesAsync(IReadOnlyCollection<IPAddress> servers, IReadOnlySet<IPAddress> vips, CancellationToken cancellationToken)
    {
        var routes = new Dictionary<IPAddress, ProbeRoute>();
        var links = new Dictionary<int, string?>();
        IReadOnlyList<InterfaceAddressState>? addresses = null;
        var asked = servers.Distinct().ToArray();
        foreach (var (server, answer) in asked.Zip(await TranslateAsync(route.FindRoutesAsync(asked, cancellationToken)).ConfigureAwait(false)))
        {
            if (answer is not { } found)
            {
                routes.Add(server, ProbeRoute.None);
                continue;
            }

            if (!links.TryGetValue(found.LinkIndex, out var name))
                links.Add(found.LinkIndex, name = (await TranslateAsync(route.FindLinkByIndexAsync(found.LinkIndex, cancellationToken)).ConfigureAwait(false))?.Name);
            var source = found.Source;
            if (source is null || vips.Contains(source))
            {
                addresses ??= await TranslateAsync(route.GetAddressesAsync(cancellationToken)).ConfigureAwait(false);
                source = OwnAddress.Choose(addresses, found.LinkIndex, server, vips);
            }

            routes.Add(server, new ProbeRoute { Interface = name, Source = source });
        }

        return routes;
    }

    public async Task ApplyFilterAsync(IReadOnlyList<CompanionOperation> operations, bool isAnew, bool isLast)
    {
        var script = new FilterScript(instance);
        if (isAnew)
            script.Clear(instance);
        foreach (var operation in operations)
            script.Change(operation.Before, operation.After);
        if (isLast)
            script.DeleteTable();
        await nftables.RunAsync(script.ToString()).ConfigureAwait(false);
    }

    public async Task ApplyAsync(CompanionOperation operation)
    {
        switch (operation.After ?? operation.Before)
        {
            case OwnedAddress address:
                await MoveAddressAsync(address, operation.After is not null).ConfigureAwait(false);
                break;
            case IdleTimeout timeout:
                await TranslateAsync(ipvs.SetTimeoutsAsync(timeout.Protocol == Protocol.Udp ? new IpvsTimeouts { Udp = timeout.Value } : new IpvsTimeouts { Tcp = timeout.Value })).ConfigureAwait(false);
                break;
            case KernelSetting setting:
                WriteSetting(setting);
                break;
            case var other:
                throw new ArgumentException($"{other} is neither an address nor a setting", nameof(operation));
        }
    }

    public void Dispose()
    {
        nftables.Dispose();
        route.Dispose();
        space.Dispose();
    }

    private async Task<FilterContent> ReadFilterAsync()
    {
        try
        {
            return FilterReader.Read(await nftables.RunAsync($"list table inet {FilterNames.Table(instance)}\n").ConfigureAwait(false), instance);
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.NotFound)
        {
            await nftables.RequireTablesAsync().ConfigureAwait(false);
            return FilterContent.Nothing;
        }
    }

    private async Task ReadAddressesAsync(OwnedAddress[] about, Dictionary<string, Companion> objects, CancellationToken cancellationToken)
    {
        if (about.Length == 0)
            return;
        var present = await TranslateAsync(route.GetAddressesAsync(cancellationToken)).ConfigureAwait(false);
        foreach (var named in about.GroupBy(static address => address.Interface))
        {
            if (await FindLinkAsync(named.Key, cancellationToken).ConfigureAwait(false) is not { } link)
                continue;
            var there = present.Where(state => state.LinkIndex == link.Index).Select(static state => state.Address).ToHashSet();
            foreach (var address in named.Where(address => there.Contains(address.Address)))
                objects[address.Id] = address;
        }
    }

    private async Task ReadTimeoutsAsync(IdleTimeout[] about, Dictionary<string, Companion> objects, CancellationToken cancellationToken)
    {
        if (about.Length == 0)
            return;
        var present = await TranslateAsync(ipvs.GetTimeoutsAsync(cancellationToken)).ConfigureAwait(false);
        foreach (var timeout in about)
        {
            if ((timeout.Protocol == Protocol.Udp ? present.Udp : present.Tcp) is { } value)
                objects[timeout.Id] = timeout with { Value = value };
        }
    }

    private void ReadSettings(KernelSetting[] about, Dictionary<string, Companion> objects)
    {
        if (about.Length == 0)
            return;
        foreach (var (setting, value) in space.Run(() => about.Select(static setting => (setting, Value: Settings.Read(setting.Path))).ToArray()))
        {
            if (value is not null)
                objects[setting.Id] = setting with { Value = value };
        }
    }

    private void WriteSetting(KernelSetting setting)
    {
        try
        {
            space.Run(() =>
            {
                Settings.Write(setting.Path, setting.Value);
                return true;
            });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IlbException(IlbErrorCode.KernelUnavailable, $"this kernel has no setting {setting.Name}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.PermissionDenied, $"cannot set {setting.Name}: {LinuxCalls.Reason(e)}; set it to {setting.Value} by hand ('sysctl -w {setting.Name}={setting.Value}')", e);
        }
    }

    private async Task MoveAddressAsync(OwnedAddress address, bool isAdded)
    {
        if (await FindLinkAsync(address.Interface, CancellationToken.None).ConfigureAwait(false) is not { } link)
        {
            if (!isAdded)
                return;
            throw new IlbException(IlbErrorCode.NotFound, $"there is no interface {address.Interface} (see 'ip link'); where this machine calls it otherwise, node.json says so by its interfaces");
        }

        var isV6 = address.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var wanted = new InterfaceAddress
        {
            LinkIndex = link.Index,
            Address = address.Address,
            PrefixLength = isV6 ? 128 : 32,
            // At once, without a second in which duplicates are looked for; and never the source of this machine's own packets.
            States = isV6 ? InterfaceAddressStates.NoDuplicateDetection : InterfaceAddressStates.None,
            PreferredLifetime = isV6 ? TimeSpan.Zero : null,
        };
        try
        {
            await (isAdded ? route.AddAddressAsync(wanted) : route.RemoveAddressAsync(wanted)).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Code == (isAdded ? NetlinkErrorCode.AlreadyExists : NetlinkErrorCode.NotFound))
        {
            return;
        }
        catch (NetlinkException e)
        {
            throw new IlbException(IpvsForwarder.Code(e.Code), e.Message, e);
        }

        if (isAdded)
            Announcement.Send(space, link, address.Address);
    }

    private Task<Link?> FindLinkAsync(string name, CancellationToken cancellationToken) => TranslateAsync(route.FindLinkAsync(name, cancellationToken));

    private static async Task<T> TranslateAsync<T>(Task<T> call)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (NetlinkException e)
        {
            throw new IlbException(IpvsForwarder.Code(e.Code), e.Message, e);
        }
    }

    private static async Task TranslateAsync(Task call) => await TranslateAsync(Wrapped(call)).ConfigureAwait(false);

    private static async Task<bool> Wrapped(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
