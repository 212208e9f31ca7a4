namespace Ilb;

/// <summary>What the kernel has counted of a server in a rule.</summary>
/// <param name="Connections">Connections so far.</param>
/// <param name="Answers">Packets that came back so far.</param>
internal readonly record struct PassiveCount(ulong Connections, ulong Answers);
