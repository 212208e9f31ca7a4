using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A step with what it was about.</summary>
/// <param name="Service">The service; null where it is another object.</param>
/// <param name="Companion">The other object; null where it is a service.</param>
/// <param name="Step">The step.</param>
internal readonly record struct TriedStep(IpvsServiceKey? Service, string? Companion, PlanStep Step);
