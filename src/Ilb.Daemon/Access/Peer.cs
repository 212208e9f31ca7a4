namespace Ilb.Daemon.Access;

/// <summary>The process at the other end of a connection, as it was when it connected.</summary>
/// <param name="Process">Its number; 0 where it cannot be told, as in another PID namespace.</param>
/// <param name="User">The effective user.</param>
/// <param name="Group">The effective group.</param>
/// <param name="Groups">The supplementary groups.</param>
internal sealed record Peer(int Process, uint User, uint Group, IReadOnlyList<uint> Groups);
