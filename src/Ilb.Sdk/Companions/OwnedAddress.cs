using System.Net;

namespace Ilb;

/// <summary>An address that is put on an interface.</summary>
internal sealed record OwnedAddress : Companion
{
    public required string Interface { get; init; }

    public required IPAddress Address { get; init; }

    public override string Id => $"address {Address} {Interface}";

    public override CompanionStage Stage => CompanionStage.Outermost;

    public override string Subject => $"address {Address} on {Interface}";
}
