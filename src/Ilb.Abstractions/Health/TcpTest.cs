namespace Ilb;

/// <summary>A TCP connection that comes about and, if so wanted, an exchange in it. For rules of TCP.</summary>
public sealed record TcpTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Tcp;

    /// <summary>What is sent once connected, in UTF-8; null (default) = nothing.</summary>
    public string? Send { get; init; }

    /// <summary>What the answer must begin with, in UTF-8; null (default) = no answer is awaited.</summary>
    public string? Expect { get; init; }

    internal override void Check(string subject, ErrorList errors)
    {
        errors.CheckNotEmpty(Send, subject, "send");
        errors.CheckNotEmpty(Expect, subject, "expect");
    }
}
