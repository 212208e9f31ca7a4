namespace Ilb;

/// <summary>How changes are applied.</summary>
public sealed record ApplyOptions
{
    /// <summary>The version that the caller has seen; if it is no longer the present one, the changes are refused with <see cref="IlbErrorCode.VersionConflict"/>. Default null: any.</summary>
    public string? ExpectedVersion { get; init; }

    /// <summary>Only say what would be done. Default false.</summary>
    public bool DryRun { get; init; }
}
