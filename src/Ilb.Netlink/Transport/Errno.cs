namespace Ilb.Netlink.Transport;

/// <summary>errno(3) values (include/uapi/asm-generic/errno*.h) that this library tells apart.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int EINVAL = 22;
    public const int ERANGE = 34;
    public const int EPROTONOSUPPORT = 93;
    public const int EOPNOTSUPP = 95;
    public const int EAFNOSUPPORT = 97;
    public const int EADDRNOTAVAIL = 99;
    public const int ENETUNREACH = 101;
    public const int ENOBUFS = 105;
    public const int EHOSTUNREACH = 113;

    public static NetlinkErrorCode ToCode(int errno) => errno switch
    {
        EEXIST => NetlinkErrorCode.AlreadyExists,
        ESRCH or ENOENT or ENODEV or EADDRNOTAVAIL => NetlinkErrorCode.NotFound,
        EINVAL or ERANGE => NetlinkErrorCode.InvalidArgument,
        EPERM or EACCES => NetlinkErrorCode.PermissionDenied,
        EPROTONOSUPPORT or EOPNOTSUPP or EAFNOSUPPORT => NetlinkErrorCode.Unavailable,
        EBUSY or EAGAIN => NetlinkErrorCode.Busy,
        ENOMEM or ENOBUFS => NetlinkErrorCode.OutOfMemory,
        _ => NetlinkErrorCode.Refused,
    };
}
