namespace Ilb;

/// <summary>A UDP packet that is not answered by ICMP port unreachable or, if so wanted, that is answered. For rules of UDP.</summary>
public sealed record UdpTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Udp;

    /// <summary>What the packet holds, in UTF-8; null (default) = nothing.</summary>
    public string? Send { get; init; }

    /// <summary>What the answer must begin with, in UTF-8; null (default) = no answer is awaited.</summary>
    public string? Expect { get; init; }

    internal override bool Fits(Protocol protocol) => protocol == Protocol.Udp;

    internal override void Check(string subject, ErrorList errors)
    {
        errors.CheckNotEmpty(Send, subject, "send");
        errors.CheckNotEmpty(Expect, subject, "expect");
    }
}
