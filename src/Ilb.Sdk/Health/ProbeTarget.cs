using System.Net;

namespace Ilb;

/// <summary>Where the probes of a server in a rule go.</summary>
internal sealed record ProbeTarget
{
    /// <summary>The server's own address.</summary>
    public required IPAddress Server { get; init; }

    /// <summary>The server's ports; null where it takes all.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>Which of them is probed.</summary>
    public HealthPort Port { get; init; } = HealthPort.Any;

    /// <summary>The rule's VIP.</summary>
    public IPAddress? Vip { get; init; }

    /// <summary>The rule's protocol.</summary>
    public Protocol Protocol { get; init; }

    /// <summary>How packets get to the server.</summary>
    public Topology Topology { get; init; }

    /// <summary>With DSR and TUN: the mark that leads a packet for the VIP through this server. The test then goes to the VIP; the ping always goes to the server itself, for IPVS does not forward it. Null = directly.</summary>
    public uint? Mark { get; init; }

    /// <summary>The source address, which servers that have the VIP need: the kernel might take it too, and they would answer themselves. Null = the settings', or what the routes say.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Why no probe would be answered that this machine can send; null (default) if that is not so.</summary>
    public string? Obstacle { get; init; }

    /// <summary>What the test is sent to.</summary>
    public IPAddress Destination => Mark is null ? Server : Vip ?? Server;

    /// <summary>How many ports one check looks at.</summary>
    public int PortCount => Port == HealthPort.All ? Ports?.Count ?? 1 : 1;

    /// <summary>A port to look at; 0 where there is none.</summary>
    /// <param name="index">With ALL: which of them.</param>
    /// <param name="random">With ANY: where chance comes from.</param>
    public int PortAt(int index, Random random) => Port.Port
        ?? (Ports is null ? 0 : Ports.Count == 1 ? Ports.First : Ports.First + (Port == HealthPort.All ? index : random.Next(Ports.Count)));

    /// <summary>The target without what a test does not see, so that the same check of one server in several rules is made once.</summary>
    public ProbeTarget For(HealthTest test) => test switch
    {
        ScriptTest or ProductTest => this,
        PingTest => new ProbeTarget { Server = Server, Source = Source },
        _ when Mark is null => this with { Vip = null, Protocol = test is DnsTest ? Protocol : default, Topology = default },
        _ => this,
    };
}
