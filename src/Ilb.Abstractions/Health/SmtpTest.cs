namespace Ilb;

/// <summary>A mail server that greets with 220 and answers EHLO (RFC 5321). For rules of TCP.</summary>
public sealed record SmtpTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Smtp;
}
