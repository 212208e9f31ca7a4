using System.Globalization;

namespace Ilb;

/// <summary>What the loop does with what the kernel counts: of the rules that ask for it, it reads the counters again and again, a slice at a time, and takes servers out that get new connections and send nothing back.</summary>
internal sealed partial class Engine
{
    // The reading takes no more than one part in so many of the time.
    private const int CountShare = 50;

    private const int MaximumHolds = 16;

    // As often as the kernel sums up its counters.
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(string Rule, uint Server), PassiveState> _counts = [];
    // The rules that ask for it, and of which configuration they are.
    private string[] _counted = [];
    private Configuration? _countedOf;
    // What the round under way has still to read.
    private Queue<string>? _unread;
    private TimeSpan _countPause;
    private TimeSpan _countSpent;
    private long _lastCount;

    // How long until the counters are read next, zero if they should have been; null if nobody asks for it.
    private TimeSpan? CountIn()
    {
        if (!ReferenceEquals(_countedOf, _compilation.Configuration))
        {
            _countedOf = _compilation.Configuration;
            _counted = [.. _countedOf.Rules.Where(static rule => rule is { Enabled: true, Passive: not null }).Select(static rule => rule.Name)];
            var counted = _counted.ToHashSet();
            foreach (var gone in _counts.Keys.Where(key => !counted.Contains(key.Rule)).ToArray())
                _counts.Remove(gone);
        }

        if (_counted.Length == 0)
            return null;
        var left = _unread is not null ? TimeSpan.Zero : _countPause - _options.TimeProvider.GetElapsedTime(_lastCount);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task CountAsync()
    {
        if (CountIn() != TimeSpan.Zero)
            return;
        if (_unread is null)
        {
            _unread = new Queue<string>(_counted);
            _lastCount = _options.TimeProvider.GetTimestamp();
            (_countSpent, _countPause) = (TimeSpan.Zero, CountInterval);
        }

        var names = new List<string>();
        for (var services = 0; services < SliceLength && _unread.TryDequeue(out var name);)
        {
            if (_compilation.Configuration.FindRule(name) is not { Enabled: true, Passive: not null } rule)
                continue;
            names.Add(name);
            services += rule.MapPorts([]) == PortMapping.Mark ? 1 : rule.Ports?.Count ?? 1;
        }

        try
        {
            await CountAsync(Compilation.Compare(_compilation.Configuration, _compilation.Runtime, _compilation.Runtime, names, Now, isKept: true, _options.Node).ConvertAll(static change => change.After!)).ConfigureAwait(false);
        }
        catch
        {
            _unread = null;
            throw;
        }

        if (_unread.Count > 0)
            return;
        _unread = null;
        if (_countSpent * CountShare > _countPause)
            _countPause = _countSpent * CountShare;
    }

    private async Task CountAsync(List<RuleCase> rules)
    {
        var started = _options.TimeProvider.GetTimestamp();
        var found = await _forwarder.GetDestinationsAsync([.. rules.SelectMany(Compiler.KeysOf)], CancellationToken.None).ConfigureAwait(false);
        _countSpent += _options.TimeProvider.GetElapsedTime(started);
        var runtime = _compilation.Runtime;
        var judged = new HashSet<string>();
        foreach (var rule in rules)
        {
            var states = Compiler.KeysOf(rule).SelectMany(key => found.GetValueOrDefault(key, []).Select(state => (Place: (key, state.Destination.Address, state.Destination.Port), state.Statistics))).ToDictionary(static state => state.Place, static state => state.Statistics);
            foreach (var server in rule.Group.Servers.Where(static server => server.Enabled))
            {
                var count = default(PassiveCount);
                foreach (var key in Compiler.KeysOf(rule))
                {
                    if (states.TryGetValue((key, server.Address!, Compiler.PortOf(rule.Rule, server, key)), out var counted))
                        count = new PassiveCount(count.Connections + counted.Connections, count.Answers + counted.OutgoingPackets);
                }

                var before = runtime.Of(rule.Rule.Name);
                var after = Judge(rule.Rule, rule.Group.IdOf(server), count, before);
                if (ReferenceEquals(before, after))
                    continue;
                runtime = runtime.With(rule.Rule.Name, after);
                judged.Add(rule.Rule.Name);
            }
        }

        if (judged.Count > 0)
            await FollowAsync(runtime, judged).ConfigureAwait(false);
    }

    private RuleRuntime Judge(Rule rule, ServerId server, PassiveCount count, RuleRuntime runtime)
    {
        var now = Running;
        var known = runtime.Passive.GetValueOrDefault(server.Number);
        var state = _counts.TryGetValue((rule.Name, server.Number), out var last) ? last.Next(count, rule.Passive!.Connections, now) : PassiveState.First(count, now);
        // Whoever comes back begins anew.
        _counts[(rule.Name, server.Number)] = state.Finding == PassiveFinding.Silent ? PassiveState.First(count, now) : state;
        if (state.Finding == PassiveFinding.Heard || (known is { IsAlive: false } && HasPassed(rule.Name, server, known.Since)))
            return runtime.WithPassive(server.Number, null);
        if (state.Finding != PassiveFinding.Silent || known is { IsAlive: false })
            return runtime;
        var hold = known is { Until: { } until } && 2 * (until - known.Since) is var longer ? longer < MaximumHolds * rule.Passive!.Hold ? longer : MaximumHolds * rule.Passive.Hold : rule.Passive!.Hold;
        var reason = string.Create(CultureInfo.InvariantCulture, $"no answer to {state.Unanswered} connection{(state.Unanswered == 1 ? "" : "s")} in {Math.Ceiling((now - state.Since).TotalSeconds)} s");
        return runtime.WithPassive(server.Number, new Verdict { IsAlive = false, Since = Now, Until = Now + hold, Reason = reason });
    }

    // Whether the check of a server has succeeded since.
    private bool HasPassed(string rule, ServerId server, DateTimeOffset since) => ReadHealth(rule, server) is { Status: ServerHealth.Alive, Failures: 0, Last: { } last } && last > since;
}
