namespace Ilb;

/// <summary>A probe of the product's own, see <see cref="IHealthProbe"/>. For rules of any protocol; only a load balancer in which a probe of that name is registered can make it.</summary>
public sealed record ProductTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Product;

    /// <summary>The name that the probe is registered by, see <see cref="ObjectName"/>.</summary>
    public required string Probe { get; init; }

    internal override bool Fits(Protocol protocol) => true;

    internal override void Check(string subject, ErrorList errors)
    {
        if (string.IsNullOrEmpty(Probe))
            errors.Add(IlbErrorCode.HealthCheckIncomplete, "probe", $"{subject}: the name of the probe is missing");
        else
            errors.CheckName("probe", Probe, "probe");
    }
}
