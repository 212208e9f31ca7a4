using System.Runtime.InteropServices;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>The words for a refusal: the kernel's own if it sent any, else those of the errno.</summary>
internal static class ErrorText
{
    public static string Of(in NetlinkAcknowledgement acknowledgement)
    {
        string text = Marshal.GetPInvokeErrorMessage(acknowledgement.Errno);
        return acknowledgement.Text is null ? text : $"{text} ({acknowledgement.Text})";
    }
}
