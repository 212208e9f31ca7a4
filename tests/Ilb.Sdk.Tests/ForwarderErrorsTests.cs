using Ilb.Netlink;

namespace Ilb.Tests;

public sealed class ForwarderErrorsTests
{
    [Theory]
    [InlineData(NetlinkErrorCode.PermissionDenied, IlbErrorCode.PermissionDenied)]
    [InlineData(NetlinkErrorCode.Unavailable, IlbErrorCode.KernelUnavailable)]
    [InlineData(NetlinkErrorCode.AlreadyExists, IlbErrorCode.AlreadyExists)]
    [InlineData(NetlinkErrorCode.NotFound, IlbErrorCode.NotFound)]
    [InlineData(NetlinkErrorCode.SchedulerNotFound, IlbErrorCode.KernelRefused)]
    [InlineData(NetlinkErrorCode.Busy, IlbErrorCode.Busy)]
    [InlineData(NetlinkErrorCode.OutOfMemory, IlbErrorCode.OutOfMemory)]
    [InlineData(NetlinkErrorCode.Timeout, IlbErrorCode.Timeout)]
    [InlineData(NetlinkErrorCode.Protocol, IlbErrorCode.ProtocolError)]
    public void The_kernels_errors_have_codes_of_ours(NetlinkErrorCode code, IlbErrorCode expected) => Assert.Equal(expected, IpvsForwarder.Code(code));
}
