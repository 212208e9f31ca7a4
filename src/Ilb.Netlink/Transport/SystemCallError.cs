using System.Runtime.InteropServices;

namespace Ilb.Netlink.Transport;

/// <summary>Makes the exception for a failed system call from errno.</summary>
internal static class SystemCallError
{
    public static NetlinkException Make(string doing)
    {
        int errno = Marshal.GetLastPInvokeError();
        var code = errno switch
        {
            Errno.EPERM or Errno.EACCES => NetlinkErrorCode.PermissionDenied,
            Errno.EPROTONOSUPPORT or Errno.EAFNOSUPPORT => NetlinkErrorCode.Unavailable,
            Errno.ENOMEM or Errno.ENOBUFS => NetlinkErrorCode.OutOfMemory,
            _ => NetlinkErrorCode.SystemCall,
        };
        return new NetlinkException(code, $"{doing} failed: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
    }
}
