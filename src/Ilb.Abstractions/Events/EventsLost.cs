namespace Ilb;

/// <summary>Events are missing here: more happened than is kept since the reader read last, or the load balancer was started anew. Read again what you keep a copy of.</summary>
public sealed record EventsLost : LoadBalancerEvent;
