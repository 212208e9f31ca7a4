namespace Ilb;

/// <summary>How the ports of a rule become those of its servers.</summary>
public enum PortMapping
{
    /// <summary>One port, all ports of sticky clients, or packets that others have marked: one service takes them.</summary>
    OneService = 0,

    /// <summary>Many ports that stay or become one: the packets are marked, and one service takes the mark.</summary>
    Mark = 1,

    /// <summary>Many ports of which each becomes another, or one for sticky clients: a service for each port.</summary>
    EachPort = 2,
}
