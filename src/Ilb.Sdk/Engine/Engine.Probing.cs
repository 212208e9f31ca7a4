using System.Globalization;
using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// What the loop does so that the checks of DSR and TUN servers go by the way of the traffic: hidden services, settings, and the balancer's own source addresses. Only who keeps the kernel checks, so nobody else needs any of it.
/// </summary>
internal sealed partial class Engine : IDataPath
{
    // At each audit so many routes are looked at, in turn: each is a question to the kernel.
    private const int RoutesAtOnce = 1024;

    private readonly bool _isLed;
    // Whether the ways are those of what is compiled: false until all rules were looked at.
    private bool _areWaysKnown;
    private int _nextRoute;
    private volatile HashSet<IpvsServiceKey> _closedWays = [];

    /// <inheritdoc/>
    public string? ObstacleOf(Probe probe) => _closedWays.Contains(KeyOf(probe)) ? $"{Lead(probe)}, and it could not be made as it should be: see 'ipvsadm -Ln' and the log" : null;

    /// <inheritdoc/>
    public async Task<string?> LookAsync(Probe probe)
    {
        try
        {
            var key = KeyOf(probe);
            var found = await _forwarder.GetDestinationsAsync([key], CancellationToken.None).ConfigureAwait(false);
            return found.GetValueOrDefault(key) is [{ Destination: { Weight: > 0, Address: var address } }] && address.Equals(probe.Target.Server)
                ? null
                : $"{Lead(probe)}, and somebody has taken or changed it: the next audit puts it back";
        }
        catch (IlbException e)
        {
            return e.Message;
        }
    }

    private static IpvsServiceKey KeyOf(Probe probe) => IpvsServiceKey.ForFirewallMark(probe.Mark, probe.Address.AddressFamily);

    private static string Lead(Probe probe) => string.Create(CultureInfo.InvariantCulture, $"service {KeyOf(probe)} of the kernel leads the probes of this server");

    // Whether probes leave from where IPVS is.
    private static bool IsLed(LoadBalancerOptions options)
    {
        if (!options.KeepsKernel)
            return false;
        if (options.Node?.Probes.NetworkNamespace is not { } elsewhere)
            return true;
        try
        {
            return NetworkNamespaceId.Read(elsewhere) == NetworkNamespaceId.Read(options.NetworkNamespace);
        }
        catch (IlbException)
        {
            // One that is not there, or not yet, is another.
            return false;
        }
    }

    // What a list of changes means for the ways of checks; the services that they need are added to the difference.
    private async Task<ProbeChange> CompareWaysAsync(Batch batch, List<RuleChange> rules, Configuration configuration, Dictionary<IpvsServiceKey, VirtualService?> difference, CancellationToken cancellationToken)
    {
        var nothing = new ProbeChange { Before = batch.Ways, After = batch.Ways, Ways = new HashSet<ProbeWay>(), Rules = new HashSet<string>() };
        if (!_isLed)
            return nothing;
        var changes = (_areWaysKnown ? rules : Compilation.Compare(Configuration.Empty, configuration, Runtime.None, default))
            .Select(static change => (Rule: (change.After ?? change.Before)!.Rule.Name, Ways: ProbeWay.Of(change.After))).ToList();
        if (!_areWaysKnown)
            changes.AddRange(batch.Ways.Rules.Where(rule => configuration.FindRule(rule) is null).Select(static rule => (rule, (IReadOnlyList<ProbeWay>)[])));
        var claimed = difference.Where(static pair => pair.Value is not null && pair.Key.FirewallMark != 0).Select(static pair => pair.Key).ToArray();
        if (claimed.Length == 0 && changes.All(change => change.Ways.Count == 0 && !batch.Ways.Has(change.Rule)))
            return nothing;
        var servers = changes.SelectMany(static change => change.Ways).Where(way => batch.Ways.Find(way) is null).Select(static way => way.Server).ToHashSet();
        var routes = await FindRoutesAsync(servers, configuration, cancellationToken).ConfigureAwait(false);
        var change = batch.Ways.With(changes, _options.Node!.Marks, routes, claimed, IsTaken);
        if (change.IsShort)
            Log.NoMarkLeft(_logger, _options.Node!.Marks.MaximumNumber);
        change.AddTo(difference);
        return change;

        bool IsTaken(IpvsServiceKey key) => (difference.TryGetValue(key, out var service) ? service : batch.Wanted.Find(key)) is { IsProbe: false };
    }

    private async Task<IReadOnlyDictionary<IPAddress, ProbeRoute>> FindRoutesAsync(HashSet<IPAddress> servers, Configuration configuration, CancellationToken cancellationToken)
    {
        if (servers.Count == 0)
            return new Dictionary<IPAddress, ProbeRoute>();
        try
        {
            return await _surroundings.FindRoutesAsync(servers, configuration.Rules.Select(static rule => rule.Vip).OfType<IPAddress>().ToHashSet(), cancellationToken).ConfigureAwait(false);
        }
        catch (IlbException e)
        {
            // The next audit looks again; until then the servers are probed directly.
            Log.RoutesNotRead(_logger, e.Message);
            return new Dictionary<IPAddress, ProbeRoute>();
        }
    }

    // Routes and addresses of this machine change without a word to us.
    private async Task FollowRoutesAsync()
    {
        var ways = _compilation.Ways;
        if (ways.Count == 0)
            return;
        _nextRoute = _nextRoute < ways.Count ? _nextRoute : 0;
        var servers = ways.All.Skip(_nextRoute).Take(RoutesAtOnce).Select(static way => way.Server).ToHashSet();
        _nextRoute += RoutesAtOnce;
        var change = ways.With(await FindRoutesAsync(servers, _compilation.Configuration, CancellationToken.None).ConfigureAwait(false));
        _compilation.MoveTo(change.After);
        _compilation.MoveTo(change.AddTo(_compilation.Companions, new HashSet<string>()));
        Watch([], change.Rules);
    }

    // Through these no probe is sent: it would go by another's service, or by the rule's own to whatever server.
    private void NoteClosedWays()
    {
        if (_compilation.Ways.Count == 0 || _clashes.Count + _backoff.Count == 0)
        {
            if (_closedWays.Count > 0)
                _closedWays = [];
            return;
        }

        _closedWays = [.. _clashes.Concat(_backoff.Keys).Where(key => _compilation.Services.GetValueOrDefault(key)?.IsProbe == true)];
    }

    // How a server's probes go: directly, or for the VIP with a mark that leads them through the server, from an address that is the balancer's own.
    private ProbeTarget Aim(ProbeTarget target, RuleCase rule, Server server, bool isLed)
    {
        // Where no route leads to the server, to probe it directly says so.
        if (!isLed || _compilation.Ways.Find(Compiler.WayOf(rule.Rule, server)) is not { Route.Interface: not null } lead)
            return target;
        var vip = rule.Rule.Vip!;
        var configured = _options.Node!.Probes.Sources.FirstOrDefault(source => source.AddressFamily == vip.AddressFamily);
        return target with
        {
            Mark = lead.Mark,
            Source = configured ?? lead.Route.Source,
            Obstacle = configured is not null
                ? configured.Equals(vip) ? $"{vip} in the sources of probes in node.json is the VIP: give an address that only the balancer has" : null
                : lead.Route.Source is null ? $"the balancer has no address on {lead.Route.Interface} but VIPs, to which a server answers nobody else: give it one, or say which by probes in node.json" : null,
        };
    }
}
