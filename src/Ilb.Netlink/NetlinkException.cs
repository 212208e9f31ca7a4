namespace Ilb.Netlink;

/// <summary>The only exception that netlink calls throw, besides <see cref="ArgumentException"/>, <see cref="ObjectDisposedException"/> and <see cref="OperationCanceledException"/>.</summary>
/// <example><code>
/// try { await ipvs.AddServiceAsync(service); }
/// catch (NetlinkException e) when (e.Code == NetlinkErrorCode.AlreadyExists) { await ipvs.UpdateServiceAsync(service); }
/// </code></example>
public sealed class NetlinkException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="message">What went wrong, for a person: the call, the object and what can be done.</param>
    /// <param name="errno">The positive errno, or 0 if there is none.</param>
    /// <param name="kernelMessage">The kernel's own words (extended acknowledgement), if it sent any.</param>
    /// <param name="offset">The byte of the request that the kernel complained about, if it named one.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public NetlinkException(NetlinkErrorCode code, string message, int errno = 0, string? kernelMessage = null, int? offset = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Errno = errno;
        KernelMessage = kernelMessage;
        Offset = offset;
    }

    /// <summary>What went wrong.</summary>
    public NetlinkErrorCode Code { get; }

    /// <summary>The positive errno (<c>errno(3)</c>), or 0 if the kernel gave none.</summary>
    public int Errno { get; }

    /// <summary>The kernel's own words about the request (<c>NLMSGERR_ATTR_MSG</c>), or null. They are part of the message too.</summary>
    public string? KernelMessage { get; }

    /// <summary>The offset in bytes, from the start of the request's header, of the attribute the kernel complained about (<c>NLMSGERR_ATTR_OFFS</c>), or null.</summary>
    public int? Offset { get; }

    /// <summary>Whether the same call may succeed when it is tried again later, without any change by the caller.</summary>
    public bool IsTransient => Code is NetlinkErrorCode.Busy or NetlinkErrorCode.OutOfMemory or NetlinkErrorCode.Timeout
        or NetlinkErrorCode.Interrupted or NetlinkErrorCode.Overrun;
}
