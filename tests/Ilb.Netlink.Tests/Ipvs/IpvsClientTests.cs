using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class IpvsClientTests : IDisposable
{
    private const int EPERM = 1, ENOENT = 2, ESRCH = 3, EBUSY = 16, EEXIST = 17, ENODEV = 19, EINVAL = 22, ERANGE = 34, EAFNOSUPPORT = 97, ENOMEM = 12, EIO = 5;

    private static readonly IpvsService Service = new() { Key = Wire.Web, Scheduler = "mh" };
    private static readonly IpvsSyncDaemon Daemon = new() { Role = IpvsSyncRole.Master, Interface = "eth9", SyncId = 1 };

    private readonly ScriptedKernel _kernel = new();
    private readonly IpvsClient _ipvs;

    public IpvsClientTests() => _ipvs = _kernel.Ipvs();

    public void Dispose() => _ipvs.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_services_are_listed_in_the_kernels_order()
    {
        var marked = new IpvsService { Key = IpvsServiceKey.ForFirewallMark(7, AddressFamily.InterNetworkV6) };
        var statistics = new IpvsStatistics { Connections = 9 };
        _kernel.Answers(Lists(IpvsAnswers.Service(Service, statistics)), Together(Lists(IpvsAnswers.Service(marked)), Done()));

        Assert.Equal(
            [new IpvsServiceState { Service = Service, Statistics = statistics }, new IpvsServiceState { Service = marked, Statistics = default }],
            await _ipvs.GetServicesAsync(Token));
        var sent = Assert.Single(_kernel.Requests);
        Assert.Equal((ScriptedKernel.IpvsFamily, 0x301, 4, 0), (sent.Type, sent.Flags, sent.Command, sent.Attributes.Count));
    }

    [Fact]
    public async Task One_service_is_found_by_its_key()
    {
        _kernel.Answers(Says(IpvsAnswers.Service(Service)), Acknowledge());
        Assert.Equal(Service, (await _ipvs.FindServiceAsync(Wire.Web, Token))!.Service);
        var sent = Assert.Single(_kernel.Requests);
        Assert.Equal((5, 4, 80), (sent.Flags, sent.Command, sent.Find(1, 4)!.Be16));
    }

    [Fact]
    public async Task A_service_that_does_not_exist_is_null()
    {
        _kernel.Answers(Refuse(ESRCH));
        Assert.Null(await _ipvs.FindServiceAsync(Wire.Web, Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task To_ask_for_one_and_get_another_number_is_a_protocol_error(int count)
    {
        _kernel.Answers([.. Enumerable.Repeat(Says(IpvsAnswers.Service(Service)), count), Acknowledge()]);
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _ipvs.FindServiceAsync(Wire.Web, Token));
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains($"GetService brought {count} answers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Destinations_are_listed_by_their_services_key()
    {
        var state = new IpvsDestinationState { Destination = Wire.Server, ActiveConnections = 1, InactiveConnections = 2, PersistentConnections = 3, Statistics = default };
        _kernel.Answers(Lists(IpvsAnswers.Destination(state)), Done());
        Assert.Equal([state], await _ipvs.GetDestinationsAsync(IpvsServiceKey.ForFirewallMark(7), Token));
        var sent = Assert.Single(_kernel.Requests);
        Assert.Equal((0x301, 8, 7u), (sent.Flags, sent.Command, sent.Find(1, 5)!.U32));
    }

    [Fact]
    public async Task Destinations_without_family_have_that_of_their_service()
    {
        _kernel.Answers(Lists(GenericHeader(5), Nest(2, Attribute(1, Hex("20020000 00000000 00000000 0000cafe")), Be16(2, 53))), Done());
        var states = await _ipvs.GetDestinationsAsync(IpvsServiceKey.ForFirewallMark(7, AddressFamily.InterNetworkV6), Token);
        Assert.Equal("[2002::cafe]:53", Assert.Single(states).Destination.ToString());
    }

    [Fact]
    public async Task Pools_are_services_with_their_destinations()
    {
        var state = new IpvsDestinationState { Destination = Wire.Server, ActiveConnections = 1, InactiveConnections = 2, PersistentConnections = 3, Statistics = default };
        var marked = new IpvsService { Key = IpvsServiceKey.ForFirewallMark(7) };
        _kernel.Answers(Lists(IpvsAnswers.Service(Service)), Lists(IpvsAnswers.Service(marked)), Done());
        _kernel.Answers(Done());
        _kernel.Answers(Lists(IpvsAnswers.Destination(state)), Done());

        var pools = await _ipvs.GetPoolsAsync(Token);

        Assert.Equal([Service, marked], pools.Select(pool => pool.Service.Service));
        Assert.Empty(pools[0].Destinations);
        Assert.Equal([state], pools[1].Destinations);
        Assert.Equal([4, 8, 8], _kernel.Requests.Select(request => (int)request.Command));
    }

    [Fact]
    public async Task Daemons_are_listed()
    {
        var daemon = new IpvsSyncDaemonState { Role = IpvsSyncRole.Backup, Interface = "eth0", SyncId = 9, MaximumLength = 1472, Group = IPAddress.Parse("ff02::81"), Port = 8848, TimeToLive = 1 };
        _kernel.Answers(Lists(IpvsAnswers.Daemon(daemon)), Done());
        Assert.Equal([daemon], await _ipvs.GetSyncDaemonsAsync(Token));
        Assert.Equal((0x301, 11), (_kernel.Requests[0].Flags, _kernel.Requests[0].Command));
    }

    [Fact]
    public async Task The_kernel_tells_its_version()
    {
        _kernel.Answers(Says(IpvsAnswers.Kernel()), Acknowledge());
        Assert.Equal(new Version(1, 2, 1), (await _ipvs.GetKernelAsync(Token)).Version);
        Assert.Equal((5, 15), (_kernel.Requests[0].Flags, _kernel.Requests[0].Command));
    }

    [Fact]
    public async Task Each_call_is_its_operation()
    {
        _kernel.OtherwiseAcknowledges();
        var timeouts = new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(9) };
        await _ipvs.AddServiceAsync(Service, Token);
        await _ipvs.UpdateServiceAsync(Service, Token);
        await _ipvs.AddDestinationAsync(Wire.Web, Wire.Server, Token);
        await _ipvs.UpdateDestinationAsync(Wire.Web, Wire.Server, Token);
        await _ipvs.RemoveDestinationAsync(Wire.Web, Wire.Server.Address, Wire.Server.Port, Token);
        await _ipvs.RemoveServiceAsync(Wire.Web, Token);
        await _ipvs.ZeroCountersAsync(Wire.Web, Token);
        await _ipvs.ZeroCountersAsync(cancellationToken: Token);
        await _ipvs.FlushAsync(Token);
        await _ipvs.SetTimeoutsAsync(timeouts, Token);
        await _ipvs.StartSyncDaemonAsync(Daemon, Token);
        await _ipvs.StopSyncDaemonAsync(IpvsSyncRole.Backup, Token);

        Assert.Equal(
            [
                new IpvsOperation.AddService { Service = Service },
                new IpvsOperation.UpdateService { Service = Service },
                new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server },
                new IpvsOperation.UpdateDestination { Service = Wire.Web, Destination = Wire.Server },
                new IpvsOperation.RemoveDestination { Service = Wire.Web, Address = Wire.Server.Address, Port = Wire.Server.Port },
                new IpvsOperation.RemoveService { Service = Wire.Web },
                new IpvsOperation.ZeroCounters { Service = Wire.Web },
                new IpvsOperation.ZeroCounters(),
                new IpvsOperation.Flush(),
                new IpvsOperation.SetTimeouts { Timeouts = timeouts },
                new IpvsOperation.StartSyncDaemon { Daemon = Daemon },
                new IpvsOperation.StopSyncDaemon { Role = IpvsSyncRole.Backup },
            ],
            _kernel.Requests.Select(IpvsRequests.Decode));
    }

    [Fact]
    public async Task A_batch_reports_each_failure_with_its_object_and_place_and_the_rest_happens()
    {
        IpvsOperation[] operations =
        [
            new IpvsOperation.AddService { Service = Service },
            new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server },
            new IpvsOperation.RemoveService { Service = IpvsServiceKey.ForFirewallMark(7) },
        ];
        _kernel.Answers(Refuse(ESRCH, 2), Refuse(EINVAL, 1, "no unicast address", 60), Acknowledge(0));

        var failures = await _ipvs.ApplyAsync(operations, Token);

        Assert.Equal([1, 2], failures.Select(failure => failure.Index));
        Assert.Equal(operations[1..], failures.Select(failure => failure.Operation));
        Assert.Equal("add destination 10.0.0.11:8080 to service TCP 192.0.2.1:80: Invalid argument (no unicast address)", failures[0].Error.Message);
        Assert.Equal((NetlinkErrorCode.InvalidArgument, EINVAL, "no unicast address", 60),
            (failures[0].Error.Code, failures[0].Error.Errno, failures[0].Error.KernelMessage, failures[0].Error.Offset));
        Assert.Equal("remove service FWM 7: there is no such service", failures[1].Error.Message);
    }

    [Fact]
    public async Task A_batch_of_lost_acknowledgements_reports_them_as_unknown_in_order()
    {
        _kernel.Answers(Acknowledge(1), Overrun, Refuse(EEXIST, 3));
        var failures = await _ipvs.ApplyAsync([.. Enumerable.Repeat(new IpvsOperation.AddService { Service = Service }, 4)], Token);
        Assert.Equal([(0, NetlinkErrorCode.Overrun), (2, NetlinkErrorCode.Overrun), (3, NetlinkErrorCode.AlreadyExists)], failures.Select(failure => (failure.Index, failure.Error.Code)));
        Assert.True(failures[0].Error.IsTransient);
        Assert.Equal("add service TCP 192.0.2.1:80: the receive queue overflowed, whether it was done is unknown", failures[0].Error.Message);
    }

    [Fact]
    public async Task An_empty_batch_does_not_open_a_socket()
    {
        Assert.Empty(await _ipvs.ApplyAsync([], Token));
        Assert.Equal(0, _kernel.Opened);
    }

    [Fact]
    public async Task A_list_of_operations_may_be_changed_while_a_call_runs()
    {
        _kernel.MaximumRequests = 1;
        var hang = _kernel.Hangs(Acknowledge());
        _kernel.OtherwiseAcknowledges();
        var operations = new List<IpvsOperation> { new IpvsOperation.Flush(), new IpvsOperation.ZeroCounters() };
        var call = _ipvs.ApplyAsync(operations, Token);
        await hang.Entered;
        operations.Clear();
        hang.Release();
        Assert.Empty(await call);
        Assert.Equal([17, 16], _kernel.Requests.Select(request => (int)request.Command));
    }

    public static TheoryData<IpvsOperation, int, NetlinkErrorCode, string> Refusals => new()
    {
        { new IpvsOperation.AddService { Service = Service }, EEXIST, NetlinkErrorCode.AlreadyExists, "add service TCP 192.0.2.1:80: there is a service of that key" },
        { new IpvsOperation.AddService { Service = Service }, ENOENT, NetlinkErrorCode.SchedulerNotFound, "add service TCP 192.0.2.1:80: the kernel lacks the scheduler 'mh'" },
        { new IpvsOperation.UpdateService { Service = Service with { PersistenceEngine = "sip" } }, ENOENT, NetlinkErrorCode.SchedulerNotFound, "update service TCP 192.0.2.1:80: the kernel lacks the scheduler 'mh' or the persistence engine 'sip'" },
        { new IpvsOperation.UpdateService { Service = Service }, ESRCH, NetlinkErrorCode.NotFound, "update service TCP 192.0.2.1:80: there is no such service" },
        { new IpvsOperation.AddService { Service = Service }, EAFNOSUPPORT, NetlinkErrorCode.Unavailable, "add service TCP 192.0.2.1:80: the kernel has no IPv6 in its IPVS" },
        { new IpvsOperation.AddService { Service = Service }, EPERM, NetlinkErrorCode.PermissionDenied, "add service TCP 192.0.2.1:80: needs CAP_NET_ADMIN in the initial user namespace" },
        { new IpvsOperation.AddService { Service = Service }, EIO, NetlinkErrorCode.Refused, "add service TCP 192.0.2.1:80: Input/output error" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server }, EEXIST, NetlinkErrorCode.AlreadyExists, "add destination 10.0.0.11:8080 to service TCP 192.0.2.1:80: the service has that destination" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { LowerThreshold = 2, UpperThreshold = 1 } }, ERANGE, NetlinkErrorCode.InvalidArgument, "add destination 10.0.0.11:8080 to service TCP 192.0.2.1:80: the lower threshold is above the upper one" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server }, ENOMEM, NetlinkErrorCode.OutOfMemory, "add destination 10.0.0.11:8080 to service TCP 192.0.2.1:80: Cannot allocate memory" },
        { new IpvsOperation.UpdateDestination { Service = Wire.Web, Destination = Wire.Server }, ENOENT, NetlinkErrorCode.NotFound, "update destination 10.0.0.11:8080 of service TCP 192.0.2.1:80: the service has no such destination" },
        { new IpvsOperation.RemoveDestination { Service = Wire.Web, Address = IPAddress.Parse("2001:db8::1"), Port = 1 }, ENOENT, NetlinkErrorCode.NotFound, "remove destination [2001:db8::1]:1 of service TCP 192.0.2.1:80: the service has no such destination" },
        { new IpvsOperation.ZeroCounters { Service = Wire.Web }, ESRCH, NetlinkErrorCode.NotFound, "zero the counters of service TCP 192.0.2.1:80: there is no such service" },
        { new IpvsOperation.ZeroCounters(), EBUSY, NetlinkErrorCode.Busy, "zero all counters: Device or resource busy" },
        { new IpvsOperation.Flush(), EPERM, NetlinkErrorCode.PermissionDenied, "flush all services: needs CAP_NET_ADMIN in the initial user namespace" },
        { new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts() }, EINVAL, NetlinkErrorCode.InvalidArgument, "set timeouts: Invalid argument" },
        { new IpvsOperation.StartSyncDaemon { Daemon = Daemon }, EEXIST, NetlinkErrorCode.AlreadyExists, "start the master sync daemon on eth9: one of that role runs" },
        { new IpvsOperation.StartSyncDaemon { Daemon = Daemon }, ENODEV, NetlinkErrorCode.NotFound, "start the master sync daemon on eth9: there is no such interface" },
        { new IpvsOperation.StopSyncDaemon { Role = IpvsSyncRole.Backup }, ESRCH, NetlinkErrorCode.NotFound, "stop the backup sync daemon: none of that role runs" },
    };

    [Theory]
    [MemberData(nameof(Refusals), DisableDiscoveryEnumeration = true)]
    public async Task A_refusal_names_the_operation_and_the_reason(IpvsOperation operation, int errno, NetlinkErrorCode code, string message)
    {
        _kernel.Answers(Refuse(errno));
        var error = Assert.Single(await _ipvs.ApplyAsync([operation], Token)).Error;
        Assert.Equal((code, errno, message), (error.Code, error.Errno, error.Message));
        Assert.Equal(code is NetlinkErrorCode.Busy or NetlinkErrorCode.OutOfMemory, error.IsTransient);
    }

    [Fact]
    public async Task A_refusal_of_a_single_call_is_its_exception()
    {
        _kernel.Answers(Refuse(EEXIST));
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _ipvs.AddServiceAsync(Service, Token));
        Assert.Equal((NetlinkErrorCode.AlreadyExists, EEXIST), (error.Code, error.Errno));
    }

    [Fact]
    public async Task Reading_without_the_right_says_what_it_needs()
    {
        _kernel.Answers(Refuse(EPERM));
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _ipvs.GetServicesAsync(Token));
        Assert.Equal((NetlinkErrorCode.PermissionDenied, "listing the services needs CAP_NET_ADMIN in the initial user namespace"), (error.Code, error.Message));
    }

    [Fact]
    public async Task A_kernel_without_IPVS_is_told_with_what_to_do()
    {
        _kernel.AnswersLookUps = false;
        _kernel.Answers(Refuse(ENOENT));
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _ipvs.GetKernelAsync(Token));
        Assert.Equal((NetlinkErrorCode.Unavailable, ENOENT), (error.Code, error.Errno));
        Assert.Equal("this kernel has no IPVS: load the module (modprobe ip_vs) or use a kernel with CONFIG_IP_VS", error.Message);
        var sent = Assert.Single(_kernel.Requests);
        Assert.Equal((0x10, 5, 3, "IPVS"), (sent.Type, sent.Flags, sent.Command, sent.Find(2)!.Text));
    }

    [Fact]
    public async Task A_look_up_that_is_refused_or_brings_no_number_is_told()
    {
        _kernel.AnswersLookUps = false;
        _kernel.Answers(Refuse(EBUSY));
        Assert.Equal((NetlinkErrorCode.Busy, "looking up the netlink family IPVS failed: Device or resource busy"), await CodeAsync());
        _kernel.Answers(Says(GenericHeader(1), Text(2, "IPVS")), Acknowledge());
        Assert.Equal((NetlinkErrorCode.Protocol, "the kernel's answer makes no sense: family IPVS has no number"), await CodeAsync());
        _kernel.Answers(Says(GenericHeader(1), U8(1, 3)), Acknowledge());
        Assert.Equal(NetlinkErrorCode.Protocol, (await CodeAsync()).Code);

        async Task<(NetlinkErrorCode Code, string Message)> CodeAsync()
        {
            var error = await Assert.ThrowsAsync<NetlinkException>(() => _ipvs.GetKernelAsync(Token));
            return (error.Code, error.Message);
        }
    }

    [Fact]
    public async Task A_disposed_client_says_so()
    {
        _ipvs.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _ipvs.GetServicesAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _ipvs.FlushAsync(Token));
        Assert.Equal(0, _kernel.Opened);
    }

    [Fact]
    public async Task Cancelled_a_batch_says_so()
    {
        var hang = _kernel.Hangs(Acknowledge());
        using var cancellation = new CancellationTokenSource();
        var call = _ipvs.FlushAsync(cancellation.Token);
        await hang.Entered;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        hang.Release();
    }

    // An operation and whom the message must name.
    public static TheoryData<IpvsOperation?, string> Impossible => new()
    {
        { null, "an operation is null" },
        { new IpvsOperation.AddService { Service = null! }, "service" },
        { new IpvsOperation.AddService { Service = new IpvsService { Key = null! } }, "service.Key" },
        { new IpvsOperation.AddService { Service = Service with { Scheduler = null! } }, "Scheduler" },
        { new IpvsOperation.AddService { Service = Service with { Scheduler = "" } }, "'' must have 1 to 15 bytes" },
        { new IpvsOperation.UpdateService { Service = Service with { Scheduler = "sixteen-letters!" } }, "'sixteen-letters!' must have 1 to 15 bytes" },
        { new IpvsOperation.AddService { Service = Service with { Scheduler = "ääääääää" } }, "'ääääääää' must have 1 to 15 bytes" },
        { new IpvsOperation.AddService { Service = Service with { Scheduler = "r\0r" } }, "no NUL" },
        { new IpvsOperation.AddService { Service = Service with { PersistenceEngine = "" } }, "PersistenceEngine" },
        { new IpvsOperation.AddService { Service = Service with { SchedulerOptions = (IpvsSchedulerOptions)0x41 } }, "0x41 are no scheduler options" },
        { new IpvsOperation.AddService { Service = Service with { Persistence = new IpvsPersistence { Timeout = TimeSpan.Zero } } }, "Timeout" },
        { new IpvsOperation.AddService { Service = Service with { Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(1.5) } } }, "whole seconds from 1 to 2678400" },
        { new IpvsOperation.AddService { Service = Service with { Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(2678401) } } }, "whole seconds from 1 to 2678400" },
        { new IpvsOperation.AddService { Service = Service with { Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromPrefixLength(64, AddressFamily.InterNetworkV6) } } }, "the netmask 64 is of the other address family" },
        { new IpvsOperation.RemoveService { Service = null! }, "Service" },
        { new IpvsOperation.AddDestination { Service = null!, Destination = Wire.Server }, "service" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = null! }, "destination" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Address = null! } }, "Address" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Address = IPAddress.Parse("fe80::1%3") } }, "fe80::1%3 has a scope" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Forwarding = (IpvsForwarding)7 } }, "Forwarding" },
        { new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Weight = -1 } }, "10.0.0.11:8080: the weight must be 0 to 2147483647" },
        { new IpvsOperation.UpdateDestination { Service = Wire.Web, Destination = Wire.Server with { UpperThreshold = 0x80000000 } }, "10.0.0.11:8080: the upper threshold must be 0 to 2147483647" },
        { new IpvsOperation.UpdateDestination { Service = Wire.Web, Destination = Wire.Server with { Tunnel = new IpvsTunnel { Kind = (IpvsTunnelKind)9 } } }, "Kind" },
        { new IpvsOperation.RemoveDestination { Service = null!, Address = IPAddress.Loopback, Port = 1 }, "Service" },
        { new IpvsOperation.RemoveDestination { Service = Wire.Web, Address = null!, Port = 1 }, "Address" },
        { new IpvsOperation.RemoveDestination { Service = Wire.Web, Address = IPAddress.Parse("fe80::1%3"), Port = 1 }, "fe80::1%3 has a scope" },
        { new IpvsOperation.SetTimeouts { Timeouts = null! }, "Timeouts" },
        { new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(-1) } }, "Tcp" },
        { new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { TcpFin = TimeSpan.FromMilliseconds(1) } }, "TcpFin" },
        { new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { Udp = TimeSpan.FromDays(100) } }, "Udp" },
        { new IpvsOperation.StartSyncDaemon { Daemon = null! }, "daemon" },
        { new IpvsOperation.StartSyncDaemon { Daemon = Daemon with { Role = 0 } }, "Role" },
        { new IpvsOperation.StartSyncDaemon { Daemon = Daemon with { Interface = "a-name-too-long!" } }, "Interface" },
        { new IpvsOperation.StartSyncDaemon { Daemon = Daemon with { Group = IPAddress.Parse("ff02::81%2") } }, "ff02::81%2 has a scope" },
        { new IpvsOperation.StopSyncDaemon { Role = (IpvsSyncRole)3 }, "Role" },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void What_cannot_be_expressed_is_refused_by_name_and_nothing_of_the_batch_is_sent(IpvsOperation? operation, string named)
    {
        // Thrown by the call itself, not by its task.
        var error = Assert.ThrowsAny<ArgumentException>(() => { _ = _ipvs.ApplyAsync([new IpvsOperation.Flush(), operation!], Token); });
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _kernel.Opened);
    }

    [Fact]
    public void Null_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => { _ = _ipvs.ApplyAsync(null!, Token); });
        Assert.Throws<ArgumentNullException>(() => { _ = _ipvs.FindServiceAsync(null!, Token); });
        Assert.Throws<ArgumentNullException>(() => { _ = _ipvs.GetDestinationsAsync(null!, Token); });
    }
}
