using Ilb.Daemon.Access;

namespace Ilb.Daemon;

/// <summary>The load balancer that is served, and the settings of the machine that go with it.</summary>
internal sealed class Site : IDisposable
{
    private readonly ILogger _logger;
    private readonly IAccounts _accounts;
    private readonly SemaphoreSlim _reload = new(1);
    private volatile Rights _rights;

    /// <exception cref="IlbException">The settings of the machine are wrong.</exception>
    public Site(DaemonServerOptions options, LoadBalancer balancer, ILogger logger)
    {
        _logger = logger;
        _accounts = options.Accounts;
        Balancer = balancer;
        ConfigurationPath = options.ConfigurationPath;
        NodePath = options.NodePath;
        _rights = Take(NodeSettingsFile.Load(NodePath));
    }

    public LoadBalancer Balancer { get; }

    /// <summary>The configuration's file, absolute.</summary>
    public string ConfigurationPath { get; }

    public string NodePath { get; }

    /// <summary>What a peer may do, as of now; null = only look.</summary>
    public AccessRight? RightOf(Peer peer) => _rights.Of(peer);

    /// <summary>Takes configuration and settings as they are saved now: both or none.</summary>
    /// <exception cref="IlbException">One of them is refused; those before go on.</exception>
    public async Task<ApplyResult> ReloadAsync(CancellationToken cancellationToken)
    {
        await _reload.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            NodeSettings node;
            try
            {
                node = NodeSettingsFile.Load(NodePath);
            }
            catch (IlbException e)
            {
                Log.SettingsRefused(_logger, string.Join("; ", e.Errors));
                throw;
            }

            var result = await Balancer.ReloadAsync(cancellationToken).ConfigureAwait(false);
            _rights = Take(node);
            return result;
        }
        finally
        {
            _reload.Release();
        }
    }

    public void Dispose() => _reload.Dispose();

    private Rights Take(NodeSettings node)
    {
        var rights = new Rights(node.Groups, _accounts);
        foreach (var group in rights.Unknown)
            Log.UnknownGroup(_logger, group);
        Balancer.AuditInterval = node.AuditInterval;
        Balancer.Notify = node.Notify;
        return rights;
    }
}
