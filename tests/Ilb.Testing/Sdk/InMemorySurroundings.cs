using System.Net;
using System.Net.Sockets;

namespace Ilb.Testing;

/// <summary>A packet filter, addresses and settings in memory. Others than the engine under test may change them too.</summary>
public sealed class InMemorySurroundings : ISurroundings
{
    private readonly Dictionary<string, Companion> _objects = [];
    private readonly Lock _turn = new();
    private bool _hasTable;

    /// <summary>Makes a change fail: why, or null to let it pass.</summary>
    internal Func<CompanionOperation, IlbException?> Refuse { get; set; } = static _ => null;

    /// <summary>Makes the packet filter unusable, as where there is no libnftables.</summary>
    public IlbException? NoFilter { get; set; }

    /// <summary>Whether the table is not as the engine leaves it.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Whether somebody else made a table of that name.</summary>
    public bool IsForeign { get; set; }

    /// <summary>What settings and timeouts are where nobody has set them, by their path; default as they should be.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>What else is there; null (default) = nothing: no interface and no route.</summary>
    internal Func<IReadOnlyCollection<IPAddress>, KernelFacts>? Facts { get; set; }

    /// <summary>What the routes say of a server. Default: it is on <c>eth0</c>, where the balancer is 10.0.0.254.</summary>
    internal Func<IPAddress, ProbeRoute> Route { get; set; } = static server => new ProbeRoute
    {
        Interface = "eth0",
        Source = IPAddress.Parse(server.AddressFamily == AddressFamily.InterNetwork ? "10.0.0.254" : "2001:db8::fe"),
    };

    internal Dictionary<string, Companion> Objects
    {
        get
        {
            lock (_turn)
                return _objects;
        }
    }

    /// <summary>What was done, in order; what went in one transaction stands in one line.</summary>
    public List<string> Log { get; } = [];

    /// <summary>How many times the packet filter was read.</summary>
    public int FilterReads { get; private set; }

    /// <summary>What it holds, a line an object, sorted: to compare two states.</summary>
    public string Text
    {
        get
        {
            lock (_turn)
                return string.Join('\n', _objects.Values.Select(static companion => $"{companion.Subject} {companion.Detail}".TrimEnd()).Order(StringComparer.Ordinal));
        }
    }

    public bool HasTable
    {
        get
        {
            lock (_turn)
                return _hasTable;
        }
    }

    Task<FoundCompanions> ISurroundings.ReadAsync(IReadOnlyCollection<Companion> about, bool withFilter, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            foreach (var setting in about.Where(static companion => companion is KernelSetting or IdleTimeout))
                _objects.TryAdd(setting.Id, Settings.TryGetValue(setting.Id.Split(' ')[1], out var value) ? CompanionIds.WithDetail(setting, value)! : setting);
            var ids = about.Where(static companion => companion is not IFilterObject).Select(static companion => companion.Id).ToHashSet();
            if (withFilter)
                FilterReads++;
            var isReadable = withFilter && NoFilter is null;
            return Task.FromResult(new FoundCompanions
            {
                Objects = _objects.Where(pair => pair.Value is IFilterObject ? isReadable : ids.Contains(pair.Key)).ToDictionary(),
                HasFilter = isReadable,
                HasTable = isReadable && _hasTable,
                IsDamaged = isReadable && IsDamaged,
                IsForeign = isReadable && IsForeign,
                FilterFailure = withFilter ? NoFilter : null,
            });
        }
    }

    Task<KernelFacts> ISurroundings.ExamineAsync(IReadOnlyCollection<IPAddress> addresses, CancellationToken cancellationToken) => Task.FromResult(Facts?.Invoke(addresses) ?? KernelFacts.None);

    Task<IReadOnlyDictionary<IPAddress, ProbeRoute>> ISurroundings.FindRoutesAsync(IReadOnlyCollection<IPAddress> servers, IReadOnlySet<IPAddress> vips, CancellationToken cancellationToken)
    {
        lock (_turn)
            return Task.FromResult<IReadOnlyDictionary<IPAddress, ProbeRoute>>(servers.ToDictionary(static server => server, Route));
    }

    Task ISurroundings.ApplyFilterAsync(IReadOnlyList<CompanionOperation> operations, bool isAnew, bool isLast)
    {
        lock (_turn)
        {
            if (NoFilter is not null)
                throw NoFilter;
            if (operations.Select(Refuse).FirstOrDefault(static reason => reason is not null) is { } reason)
                throw reason;
            Log.Add($"{(isAnew ? "anew: " : "")}{(isLast ? "delete table" : string.Join("; ", operations.Select(static operation => operation.Describe())))}");
            if (isAnew || isLast)
            {
                foreach (var id in _objects.Where(static pair => pair.Value is IFilterObject).Select(static pair => pair.Key).ToArray())
                    _objects.Remove(id);
                IsDamaged = false;
            }

            _hasTable = !isLast;
            foreach (var operation in operations)
                Move(operation);
            return Task.CompletedTask;
        }
    }

    Task ISurroundings.ApplyAsync(CompanionOperation operation)
    {
        lock (_turn)
        {
            if (Refuse(operation) is { } reason)
                throw reason;
            Log.Add(operation.Describe().ToString());
            Move(operation);
            return Task.CompletedTask;
        }
    }

    public void Dispose()
    {
    }

    private void Move(CompanionOperation operation)
    {
        if (operation.After is { } after)
            _objects[operation.Id] = after;
        else
            _objects.Remove(operation.Id);
    }
}
