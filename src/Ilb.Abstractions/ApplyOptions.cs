namespace Ilb;

/// <summary>How changes are applied.</summary>
public sealed record ApplyOptions
{
    /// <summary>The version that the caller has seen; if it is no longer the present one, the changes are refused with <see cref="IlbErrorCode.VersionConflict"/>. Default null: any.</summary>
    public string? ExpectedVersion { get; init; }

    /// <summary>Only say what would be done. Default false.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Take over services of others that stand where rules belong, if they have the same servers, reached in the same way; what else differs (scheduler, weights, stickiness) is changed in place, so that no connection is cut.
    /// One with other servers stays a clash: <see cref="IlbErrorCode.ForeignService"/>. Whoever made it must not look after it any more. Default false: each is a clash.
    /// </summary>
    public bool Adopt { get; init; }
}
