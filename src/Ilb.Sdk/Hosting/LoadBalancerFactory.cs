namespace Ilb;

/// <summary>Makes the load balancers of a host, if it is among its services: for tests, over something else than the kernel.</summary>
internal delegate LoadBalancer LoadBalancerFactory(LoadBalancerOptions options);
