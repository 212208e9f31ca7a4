namespace Ilb.Daemon.Access;

/// <summary>Whose connection a request came by.</summary>
internal sealed record CallFeature(Peer Peer, Caller Caller);
