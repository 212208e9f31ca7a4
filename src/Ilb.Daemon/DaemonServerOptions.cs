using Ilb.Daemon.Access;

namespace Ilb.Daemon;

/// <summary>Where the daemon is reached, and what it lets its clients take.</summary>
internal sealed record DaemonServerOptions
{
    /// <summary>The Unix socket, made by the server and taken away when it stops.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The options that the load balancer was made with.</summary>
    public required LoadBalancerOptions Balancer { get; init; }

    /// <summary>The configuration's file, absolute.</summary>
    public string ConfigurationPath => Balancer.ConfigurationFile;

    /// <summary>The settings of the machine, beside it.</summary>
    public string NodePath => NodeSettingsFile.PathBeside(ConfigurationPath);

    /// <summary>Whether systemd has made the socket and hands it over (LISTEN_FDS); then <see cref="SocketPath"/> is only told. Default false.</summary>
    public bool IsActivated { get; init; }

    /// <summary>Connections of one user at a time. Default 64.</summary>
    public int MaximumConnections { get; init; } = 64;

    /// <summary>Connections of root and of the daemon's own user at a time. Default 256.</summary>
    public int MaximumOwnConnections { get; init; } = 256;

    /// <summary>Connections of all users at a time but root and the daemon's own, who always get through. Default 1,024.</summary>
    public int MaximumAllConnections { get; init; } = 1024;

    /// <summary>Changes in one list of those who may change everything. Default 100,000.</summary>
    public int MaximumChanges { get; init; } = 100_000;

    /// <summary>Changes in one list of all others. Default 100.</summary>
    public int MaximumOtherChanges { get; init; } = 100;

    /// <summary>The largest body, in bytes, of those who may change everything. Default 64 MB, the most that a configuration may have.</summary>
    public int MaximumBody { get; init; } = 64 << 20;

    /// <summary>The largest body, in bytes, of all others. Default 1 MB.</summary>
    public int MaximumOtherBody { get; init; } = 1 << 20;

    /// <summary>How many bodies of more than <see cref="MaximumOtherBody"/> are in memory at a time; others wait, up to 10 s. Default 2.</summary>
    public int MaximumLargeBodies { get; init; } = 2;

    /// <summary>How long the header of a request may take. Default 10 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle. Default 60 s.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a peer may read or write slower than <see cref="MinimumRate"/> before it is cut. Default 5 s.</summary>
    public TimeSpan RateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What a peer that is not cut must read or write, in bytes a second. Default 4 KB.</summary>
    public double MinimumRate { get; init; } = 4 << 10;

    /// <summary>How long a reader of events may take for what is on its way before it is cut. Default 30 s.</summary>
    public TimeSpan EventTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a stream of events without news says that it is alive. Default 15 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long requests that are under way may take when the server stops. Default 15 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Who is at the other end of a connection. Default: the kernel says.</summary>
    public IPeerSource Peers { get; init; } = new SocketPeers();

    /// <summary>The users and groups of the machine.</summary>
    public IAccounts Accounts { get; init; } = new SystemAccounts();
}
