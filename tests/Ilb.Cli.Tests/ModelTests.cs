namespace Ilb.Cli.Tests;

/// <summary>What the keys mean in the model, also those that the engine does not support yet.</summary>
public sealed class ModelTests : IDisposable
{
    private static readonly Rule Plain = new() { Name = "r", Enabled = false, Vip = NumericAddress.Parse("192.0.2.9"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" };

    private static readonly Rule Rich = Plain with
    {
        Name = "rich",
        Vip = NumericAddress.Parse("192.0.2.8"),
        Algorithm = Algorithm.SourceHashing,
        Fallback = true,
        Persistence = new Persistence { PrefixLength = 24, Timeout = TimeSpan.FromSeconds(9) },
        Health = new RuleHealth { Check = "h", Port = 81, OnDead = DeadAction.Cut, Panic = new Percentage(50) },
        ConnectionDrain = TimeSpan.FromSeconds(5),
        NatTimeout = TimeSpan.FromSeconds(6),
        Sorry = new SorryGroup { ServerGroup = "s", Quorum = 2 },
    };

    private static readonly HealthCheck Tcp = new() { Name = "h", Test = new TcpTest { Send = "x" }, Fast = TimeSpan.FromSeconds(1) };

    private static readonly Configuration Site = new()
    {
        ServerGroups =
        [
            new ServerGroup { Name = "g", Servers = [new Server { Number = 0, Address = NumericAddress.Parse("10.0.0.1"), MaximumConnections = 9, MinimumConnections = 5 }], NextNumber = 1 },
            new ServerGroup { Name = "s", Servers = [new Server { Number = 0, Address = NumericAddress.Parse("10.0.0.2") }], NextNumber = 1 },
            new ServerGroup { Name = "six", Servers = [new Server { Number = 0, Address = NumericAddress.Parse("2001:db8::1") }], NextNumber = 1 },
        ],
        HealthChecks = [Tcp, new HealthCheck { Name = "web", Test = new HttpTest { Path = "/x" }, DefaultPing = false }],
        Rules = [Rich],
    };

    private readonly Console _console = new();
    private readonly RecordingBalancer _balancer = new(Site);

    public ModelTests() => _console.Balancer = _balancer;

    public static TheoryData<string, Rule> Rules => new()
    {
        { "-e -i vip=192.0.2.9,port=80 -m type=h -o sg=g", Plain with { Enabled = true } },
        { "-i vip=192.0.2.9 -m type=HALF-NAT,lbalg=roundrobin -o servergroup=g", Plain with { Ports = null } },
        { "-i vip=192.0.2.9,port=8000-8010,prot=sctp,interface=eth0 -m topo=d,algo=hipp -o sg=g", Plain with { Ports = new PortRange(8000, 8010), Protocol = Protocol.Sctp, Interface = "eth0", Topology = Topology.Dsr, Algorithm = Algorithm.HashIpPort } },
        { "-i fwmark=4294967295,family=inet6 -m type=t,tun=gue,tun-port=5555,tun-csum=remote -o sg=six", Plain with { Vip = null, Ports = null, ServerGroup = "six", FirewallMark = new FirewallMark { Mark = uint.MaxValue, Family = IpFamily.Inet6 }, Topology = Topology.Tun, Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 5555, Checksum = TunnelChecksum.Remote } } },
        { "-i vip=192.0.2.9,port=80 -m type=n,nat-src=10.0.0.7-10.0.0.9 -o sg=g", Plain with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.7-10.0.0.9") } },
        { "-p -i vip=192.0.2.9,port=80 -m type=h -o sg=g", Plain with { Persistence = new Persistence() } },
        { "-p -i vip=192.0.2.9,port=80,protocol=UDP -m type=h,pmask=/24,pe=sip -o sg=g -t persist-timeout=5m", Plain with { Protocol = Protocol.Udp, Persistence = new Persistence { PrefixLength = 24, Timeout = TimeSpan.FromMinutes(5), Engine = PersistenceEngine.Sip } } },
        { "-p -i vip=192.0.2.9,port=80 -m type=h,stickiness=8 -o sg=g", Plain with { Persistence = new Persistence { PrefixLength = 8 } } },
        { "-p -i vip=192.0.2.9,port=80 -m type=h,persist=0 -o sg=g", Plain with { Persistence = new Persistence { PrefixLength = 0 } } },
        { "-i vip=192.0.2.9,port=80,protocol=UDP -m type=h,lbalg=mh,hash-port=yes,fallback=YES,ops=yes -o sg=g", Plain with { Protocol = Protocol.Udp, Algorithm = Algorithm.MaglevHashing, HashPort = true, Fallback = true, OnePacket = true } },
        { "-i vip=192.0.2.9,port=80 -m type=h,hash-port=no -o sg=g -h hcn=h", Plain with { Health = new RuleHealth { Check = "h" } } },
        { "-i vip=192.0.2.9,port=80 -m type=h -o sg=g -h hc-name=h,hcp=all,on-dead=drain,start=down,panic=5%", Plain with { Health = new RuleHealth { Check = "h", Port = HealthPort.All, OnDead = DeadAction.Drain, Start = StartState.Down, Panic = new Percentage(5) } } },
        { "-i vip=192.0.2.9,port=80 -m type=h -o sg=g -h passive=12,passive-hold=5m", Plain with { Passive = new PassiveDetection { Connections = 12, Hold = TimeSpan.FromMinutes(5) } } },
        { "-i vip=192.0.2.9,port=80 -m type=h -o sg=g -h hc-name=h,passive=12", Plain with { Health = new RuleHealth { Check = "h" }, Passive = new PassiveDetection { Connections = 12 } } },
        { "-i vip=192.0.2.9,port=80 -m type=h -o sg=g -t conn-drain=30,nat-timeout=2h,slow-start=1d,on-disable=pass", Plain with { ConnectionDrain = TimeSpan.FromSeconds(30), NatTimeout = TimeSpan.FromHours(2), SlowStart = TimeSpan.FromDays(1), OnDisable = DisabledTraffic.Pass } },
        { "-i vip=192.0.2.9,port=80 -m type=h -o sg=g,sorry=s,quorum=50%,quorum-hysteresis=10%", Plain with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = new(new Percentage(50)), Hysteresis = new(new Percentage(10)) } } },
        { "--persistent --incoming vip=192.0.2.9,port=80 --method type=h --outgoing sg=g --health hc-name=h --timers conn-drain=1", Plain with { Persistence = new Persistence(), Health = new RuleHealth { Check = "h" }, ConnectionDrain = TimeSpan.FromSeconds(1) } },
    };

    public static TheoryData<string, SetRule> RuleChanges => new()
    {
        { "-m lbalg=wlc,fallback=", new SetRule { Name = "rich", Algorithm = Algorithm.WeightedLeastConnections, Fallback = false } },
        { "-i port=", new SetRule { Name = "rich", Reset = ["ports"] } },
        { "-i port=http,vip=192.0.2.7,protocol=tcp", new SetRule { Name = "rich", Vip = NumericAddress.Parse("192.0.2.7") } },
        { "-i vip=,port=,fwmark=7", new SetRule { Name = "rich", FirewallMark = new FirewallMark { Mark = 7 }, Reset = ["vip", "ports"] } },
        { "-h hc-port=ANY", new SetRule { Name = "rich", Health = Rich.Health! with { Port = HealthPort.Any } } },
        { "-h hc-port=,on-dead=,panic=", new SetRule { Name = "rich", Health = new RuleHealth { Check = "h" } } },
        { "-h hc-name=", new SetRule { Name = "rich", Reset = ["health"] } },
        { "-h hc-name=,start=down", null! },
        { "-h passive=3", new SetRule { Name = "rich", Passive = new PassiveDetection { Connections = 3 } } },
        { "-h hc-name=,passive=3,passive-hold=9", new SetRule { Name = "rich", Passive = new PassiveDetection { Connections = 3, Hold = TimeSpan.FromSeconds(9) }, Reset = ["health"] } },
        { "-m pmask=", new SetRule { Name = "rich", Reset = ["persistence"] } },
        { "-m pmask=/32", new SetRule { Name = "rich", Persistence = Rich.Persistence! with { PrefixLength = 32 } } },
        { "-p -t persist-timeout=", new SetRule { Name = "rich", Persistence = Rich.Persistence! with { Timeout = TimeSpan.FromSeconds(60) } } },
        { "-t conn-drain=,nat-timeout=", new SetRule { Name = "rich", ConnectionDrain = TimeSpan.Zero, Reset = ["natTimeout"] } },
        { "-o sorry=", new SetRule { Name = "rich", Reset = ["sorry"] } },
        { "-o quorum=,sg=s,sorry=g", new SetRule { Name = "rich", ServerGroup = "s", Sorry = new SorryGroup { ServerGroup = "g" } } },
        { "-m type=t,tun=gre", new SetRule { Name = "rich", Topology = Topology.Tun, Tunnel = new Tunnel { Kind = TunnelKind.Gre } } },
    };

    public static TheoryData<string, HealthCheck> Checks => new()
    {
        { "-h hc-test=PING", new HealthCheck { Name = "c", Test = new PingTest() } },
        { "-n -h hc-test=tcp,hc-timeout=500ms,hc-count=5,hc-interval=1m,hc-rise=2,hc-fast=2s", new HealthCheck { Name = "c", Test = new TcpTest(), Timeout = TimeSpan.FromMilliseconds(500), Count = 5, Interval = TimeSpan.FromMinutes(1), Rise = 2, Fast = TimeSpan.FromSeconds(2), DefaultPing = false } },
        { "-h hc-test=TCP,send=\"a,b\",expect=c", new HealthCheck { Name = "c", Test = new TcpTest { Send = "a,b", Expect = "c" } } },
        { "-h hc-test=TCP,send=\"GET\\r\\n\\t\\\\n\"", new HealthCheck { Name = "c", Test = new TcpTest { Send = "GET\r\n\t\\n" } } },
        { "-h hc-test=UDP,send=x,expect=y", new HealthCheck { Name = "c", Test = new UdpTest { Send = "x", Expect = "y" } } },
        { "-h hc-test=SCTP", new HealthCheck { Name = "c", Test = new SctpTest() } },
        { "-h hc-test=HTTP,method=head,path=/a?b=c,host=www.example,header=\"A:b\",\"C:d\",status=200,300-399,body=ok,redirect=yes", new HealthCheck { Name = "c", Test = new HttpTest { Method = "HEAD", Path = "/a?b=c", Host = "www.example", Headers = ["A:b", "C:d"], Status = [HttpStatusRange.Parse("200"), HttpStatusRange.Parse("300-399")], Body = "ok", Redirect = true } } },
        { "-h hc-test=HTTPS,path=/s,tls-name=x.example,ca=/ca,cert=/c,key=/k,verify=no,min-valid=7", new HealthCheck { Name = "c", Test = new HttpsTest { Path = "/s", Tls = new TlsSettings { Name = "x.example", Ca = "/ca", Certificate = "/c", Key = "/k", Verify = false, MinimumDays = 7 } } } },
        { "-h hc-test=TLS,min-valid=0", new HealthCheck { Name = "c", Test = new TlsTest { Tls = new TlsSettings { MinimumDays = 0 } } } },
        { "-h hc-test=DNS,query=a.example,qtype=aaaa,answer=2001:db8::1", new HealthCheck { Name = "c", Test = new DnsTest { Query = "a.example", Type = "AAAA", Answer = "2001:db8::1" } } },
        { "-h query=a.example,hc-test=DNS", new HealthCheck { Name = "c", Test = new DnsTest { Query = "a.example" } } },
        { "-h hc-test=SMTP", new HealthCheck { Name = "c", Test = new SmtpTest() } },
        { "-h hc-test=GRPC,service=s", new HealthCheck { Name = "c", Test = new GrpcTest { Service = "s" } } },
        { "-h hc-test=PRODUCT,probe=queue", new HealthCheck { Name = "c", Test = new ProductTest { Probe = "queue" } } },
        { "--no-ping --health hc-test=/usr/lib/ilb/probe", new HealthCheck { Name = "c", Test = new ScriptTest { Path = "/usr/lib/ilb/probe" }, DefaultPing = false } },
    };

    public static TheoryData<string, Change> Others => new()
    {
        { "set-hc -h hc-interval=40 h", new SetHealthCheck { Name = "h", Interval = TimeSpan.FromSeconds(40) } },
        { "set-hc -h hc-fast=,hc-test=TCP,expect=y h", new SetHealthCheck { Name = "h", Fast = TimeSpan.Zero, Test = new TcpTest { Send = "x", Expect = "y" } } },
        { "set-hc -h send= h", new SetHealthCheck { Name = "h", Test = new TcpTest() } },
        { "set-healthcheck -h hc-test=GRPC -n h", new SetHealthCheck { Name = "h", Test = new GrpcTest(), DefaultPing = false } },
        { "set-healthcheck --default-ping -h path=,status=204 web", new SetHealthCheck { Name = "web", Test = new HttpTest { Status = [HttpStatusRange.Parse("204")] }, DefaultPing = true } },
        { "delete-hc web", new DeleteHealthChecks { Names = ["web"] } },
        { "set-server -s weight=3,max-conn=10 _g.0 _s.0", new SetServers { Servers = [ServerId.Parse("_g.0"), ServerId.Parse("_s.0")], Weight = 3, MaximumConnections = 10 } },
        { "set-srv --server weight=,max-conn=,min-conn= --servergroup g", new SetServers { ServerGroup = "g", Weight = 1, MaximumConnections = 0, MinimumConnections = 0 } },
        { "enable-srv -g g", new EnableServers { ServerGroup = "g" } },
        { "disable-server -g g", new DisableServers { ServerGroup = "g" } },
        { "disable-server _g.0", new DisableServers { Servers = [ServerId.Parse("_g.0")] } },
        { "remove-server -s server=10.0.0.1 g", new RemoveServers { ServerGroup = "g", Servers = [ServerSelector.Parse("10.0.0.1")] } },
        { "add-server -s server=10.0.0.5:http,id=7,host=a.example,weight=2,max-conn=9,min-conn=1,enabled=no g", new AddServers { ServerGroup = "g", Servers = [new Server { Number = 7, Address = NumericAddress.Parse("10.0.0.5"), Host = "a.example", Ports = 80, Weight = 2, MaximumConnections = 9, MinimumConnections = 1, Enabled = false }] } },
        { "add-server -s server=[2001:db8::5]:domain six", new AddServers { ServerGroup = "six", Servers = [new Server { Address = NumericAddress.Parse("2001:db8::5"), Ports = 53 }] } },
        { "create-sg --next-id 4294967296 x", new CreateServerGroup { ServerGroup = new ServerGroup { Name = "x", NextNumber = 4294967296 } } },
    };

    public void Dispose() => _console.Dispose();

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Every_key_of_a_rule_is_understood(string options, Rule expected)
    {
        await _console.DoAsync($"create-rule {options} r");
        Assert.Equal([new CreateRule { Rule = expected }], _balancer.Changes);
    }

    [Theory]
    [MemberData(nameof(RuleChanges))]
    public async Task Of_a_rule_only_what_is_given_changes(string options, SetRule? expected)
    {
        var (status, _, error) = await _console.RunAsync($"set-rl {options} rich".Split(' '));
        Assert.Equal(expected is null ? (1, "ilbadm: -h: hc-name= has no value\n") : (0, ""), (status, error));
        Assert.Equal(expected is null ? [] : [expected], _balancer.Changes);
    }

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task Every_key_of_a_health_check_is_understood(string options, HealthCheck expected)
    {
        await _console.DoAsync($"create-hc {options} c");
        Assert.Equal([new CreateHealthCheck { HealthCheck = expected }], _balancer.Changes);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Other_subcommands_are_understood(string line, Change expected)
    {
        await _console.DoAsync(line);
        Assert.Equal([expected], _balancer.Changes);
    }

    [Fact]
    public async Task A_change_in_place_is_made_of_what_others_have_left()
    {
        _balancer.Meanwhile = static site => site with { Rules = [Rich with { Health = Rich.Health! with { Start = StartState.Down } }] };
        await _console.DoAsync("set-rule -h hc-port=82 rich");
        Assert.Equal(Rich.Health! with { Port = 82, Start = StartState.Down }, _balancer.Configuration.Rules[0].Health);
    }

    [Fact]
    public async Task Columns_show_what_a_rule_has()
    {
        Assert.Equal(
            """
            PMASK HC-NAME HC-PORT CONN-DRAIN NAT-TIMEOUT PERSIST-TIMEOUT FALLBACK ON-DEAD PANIC SORRY QUORUM
            /24   h       81      5          6           9               yes      cut     50%   s     2

            """,
            await _console.ShowAsync("show-rule -o pmask,hc-name,hc-port,conn-drain,nat-timeout,persist-timeout,fallback,on-dead,panic,sorry,quorum"));
        await _console.DoAsync("create-rule -p -i fwmark=7,family=inet6 -m type=t,tun=gre -o sg=six mark");
        Assert.Equal("mark:--:7:inet6:/128:gre:60\n".Replace("--", "", StringComparison.Ordinal), await _console.ShowAsync("show-rule -p -o rulename,vip,fwmark,family,pmask,tun,persist-timeout mark"));
        await _console.DoAsync("create-rule -i vip=192.0.2.9,port=80 -m type=n,proxy-src=10.0.0.7-10.0.0.9 -o sg=g full");
        Assert.Equal("PROXY-SRC\n10.0.0.7-10.0.0.9\n", await _console.ShowAsync("show-rule -o proxy-src full"));
    }

    [Fact]
    public async Task Health_checks_are_shown()
    {
        Assert.Equal(
            """
            HCNAME TIMEOUT COUNT INTERVAL DEF_PING TEST
            h      5       3     30       Y        TCP
            web    5       3     30       N        HTTP

            """,
            await _console.ShowAsync("show-hc"));
        Assert.Equal("h:1:1\n", await _console.ShowAsync("show-healthcheck -p -o hcname,rise,fast h"));
        Assert.Contains("\"path\": \"/x\"", await _console.ShowAsync("show-healthcheck --json web"), StringComparison.Ordinal);
    }
}
