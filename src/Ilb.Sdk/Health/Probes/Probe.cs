using System.Net;
using System.Text;

namespace Ilb;

/// <summary>One look at one port of one server, which may be taken many times.</summary>
internal sealed class Probe
{
    public Probe(HealthTest test, ProbeTarget target, int port, TimeSpan timeout)
    {
        Test = test;
        Target = target;
        Port = port;
        Timeout = timeout;
        // A ping looks for the server itself, on no other way than its own.
        (Address, Mark) = test is PingTest ? (target.Server, 0) : (target.Destination, target.Mark ?? 0);
        Source = target.Source;
        (Send, Expect) = test switch
        {
            TcpTest tcp => (Bytes(tcp.Send), Bytes(tcp.Expect)),
            UdpTest udp => (Bytes(udp.Send), Bytes(udp.Expect)),
            _ => ([], []),
        };
    }

    public HealthTest Test { get; }

    /// <summary>Which bound it counts towards.</summary>
    public ProbeKind Kind => Test switch
    {
        TcpTest or UdpTest or SctpTest or PingTest => ProbeKind.Plain,
        ScriptTest => ProbeKind.Script,
        _ => ProbeKind.Managed,
    };

    public ProbeTarget Target { get; }

    /// <summary>Where it goes.</summary>
    public IPAddress Address { get; }

    /// <summary>The port; 0 where there is none.</summary>
    public int Port { get; }

    /// <summary>The mark of its packets; 0 = none.</summary>
    public uint Mark { get; }

    /// <summary>The source address that it must have; null = the settings', or what the routes say.</summary>
    public IPAddress? Source { get; }

    /// <summary>How long it may take.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>What is sent by a TCP or UDP test; empty = nothing.</summary>
    public byte[] Send { get; }

    /// <summary>What the answer to it must begin with; empty = no answer is awaited.</summary>
    public byte[] Expect { get; }

    private static byte[] Bytes(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);
}
