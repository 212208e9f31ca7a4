namespace Ilb.Netlink.Tests;

public sealed class NetlinkExceptionTests
{
    [Fact]
    public void What_may_succeed_when_tried_again_is_transient_and_nothing_else()
    {
        NetlinkErrorCode[] transient = [NetlinkErrorCode.Busy, NetlinkErrorCode.OutOfMemory, NetlinkErrorCode.Timeout, NetlinkErrorCode.Interrupted, NetlinkErrorCode.Overrun];
        Assert.All(Enum.GetValues<NetlinkErrorCode>(), code => Assert.Equal(transient.Contains(code), new NetlinkException(code, "x").IsTransient));
    }

    [Fact]
    public void The_numbers_of_the_codes_are_stable() => Assert.Equal(
        ["Refused", "AlreadyExists", "NotFound", "SchedulerNotFound", "InvalidArgument", "PermissionDenied", "Unavailable", "Busy", "OutOfMemory", "Timeout", "Interrupted", "Overrun", "Protocol", "SystemCall"],
        Enumerable.Range(0, Enum.GetValues<NetlinkErrorCode>().Length).Select(number => ((NetlinkErrorCode)number).ToString()));

    [Fact]
    public void It_carries_all_that_it_is_given()
    {
        var cause = new IOException();
        var error = new NetlinkException(NetlinkErrorCode.Refused, "words", 5, "kernel's", 20, cause);
        Assert.Equal((NetlinkErrorCode.Refused, "words", 5, "kernel's", 20, cause), (error.Code, error.Message, error.Errno, error.KernelMessage, error.Offset, error.InnerException));
    }
}
