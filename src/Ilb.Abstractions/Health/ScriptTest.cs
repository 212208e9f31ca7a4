namespace Ilb;

/// <summary>A program of the user's. It is called with VIP, server address, protocol, mode, port and timeout in seconds, and prints a round-trip time in µs, 0 or -1.</summary>
public sealed record ScriptTest : HealthTest
{
    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Script;

    /// <summary>The absolute path of the program.</summary>
    public required string Path { get; init; }

    internal override bool Fits(Protocol protocol) => true;

    internal override void Check(string subject, ErrorList errors)
    {
        if (string.IsNullOrEmpty(Path))
            errors.Add(IlbErrorCode.HealthCheckIncomplete, "path", $"{subject}: the path of the program is missing");
        else
            errors.CheckPath(Path, subject, "path");
    }
}
