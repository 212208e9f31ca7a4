namespace Ilb;

/// <summary>An SCTP association that comes about. For rules of SCTP.</summary>
public sealed record SctpTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Sctp;

    internal override bool Fits(Protocol protocol) => protocol == Protocol.Sctp;
}
