namespace Ilb;

/// <summary>Who may do what with a file.</summary>
internal sealed record FileOwner
{
    public required uint User { get; init; }

    public required uint Group { get; init; }

    public required UnixFileMode Mode { get; init; }
}
