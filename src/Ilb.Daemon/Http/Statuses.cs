namespace Ilb.Daemon.Http;

/// <summary>The statuses that errors have.</summary>
internal static class Statuses
{
    /// <summary>The status of an error.</summary>
    public static int Of(IlbErrorCode code) => code switch
    {
        IlbErrorCode.NotAuthorized => StatusCodes.Status403Forbidden,
        IlbErrorCode.NotFound or IlbErrorCode.NoSuchRule or IlbErrorCode.NoSuchServerGroup or IlbErrorCode.NoSuchServer => StatusCodes.Status404NotFound,
        IlbErrorCode.AlreadyExists or IlbErrorCode.ServerGroupExists or IlbErrorCode.InUse or IlbErrorCode.ServerGroupInUse or IlbErrorCode.RuleOverlaps or IlbErrorCode.ForeignService
            or IlbErrorCode.ConfigurationEdited => StatusCodes.Status409Conflict,
        IlbErrorCode.VersionConflict => StatusCodes.Status412PreconditionFailed,
        IlbErrorCode.NotSupported => StatusCodes.Status422UnprocessableEntity,
        IlbErrorCode.LimitExceeded or IlbErrorCode.Locked or IlbErrorCode.Timeout or IlbErrorCode.KernelUnavailable or IlbErrorCode.PermissionDenied or IlbErrorCode.Busy
            or IlbErrorCode.InProgress or IlbErrorCode.OutOfMemory => StatusCodes.Status503ServiceUnavailable,
        IlbErrorCode.SaveFailed or IlbErrorCode.ConfigurationUnreadable or IlbErrorCode.KernelRefused or IlbErrorCode.ProtocolError or IlbErrorCode.OtherDaemon
            or IlbErrorCode.DaemonUnreachable => StatusCodes.Status500InternalServerError,
        // All others are about what was asked for; a damaged file is what a reload asks for.
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>The error of a status that something else than Ilb has set.</summary>
    public static IlbError ErrorOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => Error(IlbErrorCode.NotFound, $"there is no such path; {DaemonInterface.Root}/openapi.json lists those that there are"),
        StatusCodes.Status405MethodNotAllowed => Error(IlbErrorCode.InvalidArgument, "the path is not for this method; the header Allow lists those that it is for"),
        StatusCodes.Status408RequestTimeout => Error(IlbErrorCode.Timeout, "the request did not come in time"),
        StatusCodes.Status413PayloadTooLarge => Error(IlbErrorCode.LimitExceeded, "the body is too large"),
        StatusCodes.Status414UriTooLong => Error(IlbErrorCode.LimitExceeded, "the request line is too long"),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => Error(IlbErrorCode.LimitExceeded, "the header of the request is too large"),
        StatusCodes.Status503ServiceUnavailable => Error(IlbErrorCode.LimitExceeded, "too much is asked for at a time: try again"),
        >= 500 => Error(IlbErrorCode.ProtocolError, "the daemon failed; its log says why"),
        _ => Error(IlbErrorCode.InvalidArgument, "the request is malformed: HTTP/1.1 is expected, with a header Host"),
    };

    private static IlbError Error(IlbErrorCode code, string message) => new() { Code = code, Message = message };
}
