namespace Ilb;

/// <summary>An ICMP echo that is answered.</summary>
public sealed record PingTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Ping;

    internal override bool Fits(Protocol protocol) => true;
}
