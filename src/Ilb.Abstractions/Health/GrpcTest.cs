namespace Ilb;

/// <summary>The service <c>grpc.health.v1.Health</c>, which must answer SERVING (gRPC health checking protocol). For rules of TCP.</summary>
public sealed record GrpcTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Grpc;

    /// <summary>The service that is asked for; null (default) = the server as a whole.</summary>
    public string? Service { get; init; }

    internal override void Check(string subject, ErrorList errors) => errors.CheckNotEmpty(Service, subject, "service");
}
