namespace Ilb;

/// <summary>The first of every stream: from here on nothing is missed, so what is read after it is as new as what comes.</summary>
public sealed record EventsStarted : LoadBalancerEvent;
