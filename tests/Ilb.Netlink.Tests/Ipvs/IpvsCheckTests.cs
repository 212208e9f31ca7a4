using Ilb.Netlink.Ipvs;

namespace Ilb.Netlink.Tests.Ipvs;

/// <summary>What is just possible and what is just not. <see cref="IpvsClientTests"/> has what each refusal says.</summary>
public sealed class IpvsCheckTests
{
    private const int MaximumTimeout = int.MaxValue / 1000;

    private static readonly IpvsService Service = new() { Key = Wire.Web };

    public static TheoryData<IpvsOperation> Possible =>
    [
        new IpvsOperation.AddService { Service = Service with { Scheduler = "fifteen-letters" } },
        new IpvsOperation.AddService { Service = Service with { Scheduler = "s", PersistenceEngine = "e" } },
        new IpvsOperation.AddService { Service = Service with { SchedulerOptions = IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port } },
        new IpvsOperation.UpdateService { Service = Service with { Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(1) } } },
        new IpvsOperation.UpdateService { Service = Service with { Persistence = new IpvsPersistence { Timeout = TimeSpan.FromDays(31) } } },
        new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Weight = 0, UpperThreshold = 0 } },
        new IpvsOperation.AddDestination { Service = Wire.Web, Destination = Wire.Server with { Weight = int.MaxValue, UpperThreshold = int.MaxValue } },
        new IpvsOperation.SetTimeouts { Timeouts = Timeouts(0) },
        new IpvsOperation.SetTimeouts { Timeouts = Timeouts(MaximumTimeout) },
        new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts() },
    ];

    [Theory]
    [MemberData(nameof(Possible), DisableDiscoveryEnumeration = true)]
    public void What_is_just_possible_is_not_refused(IpvsOperation operation) => Assert.Null(Record.Exception(() => IpvsCheck.Operation(operation)));

    [Theory]
    [InlineData(-1)]
    [InlineData(MaximumTimeout + 1)]
    public void A_timeout_out_of_range_is_refused_by_its_name(int seconds)
    {
        var wrong = Timeouts(seconds);
        Assert.Equal("Tcp", Refused(wrong with { TcpFin = null, Udp = null }));
        Assert.Equal("TcpFin", Refused(wrong with { Tcp = null, Udp = null }));
        Assert.Equal("Udp", Refused(wrong with { Tcp = null, TcpFin = null }));

        static string? Refused(IpvsTimeouts timeouts) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => IpvsCheck.Operation(new IpvsOperation.SetTimeouts { Timeouts = timeouts })).ParamName;
    }

    private static IpvsTimeouts Timeouts(int seconds) => new() { Tcp = TimeSpan.FromSeconds(seconds), TcpFin = TimeSpan.FromSeconds(seconds), Udp = TimeSpan.FromSeconds(seconds) };
}
