namespace Ilb.Cli.Tests;

/// <summary>Every refused input: message, exit status 1, and that nothing changed.</summary>
public sealed class RefusalTests : IDisposable
{
    private const string KnownAlgorithms = "roundrobin, hash-ip, hash-ip-port, hash-ip-vip, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos";
    private const string RuleColumns = "RULENAME, STATUS, LBALG, TYPE, PROTOCOL, VIP, PORT, PROXY-SRC, PMASK, HC-NAME, HC-PORT, CONN-DRAIN, NAT-TIMEOUT, PERSIST-TIMEOUT, SERVERGROUP, SERVERS";

    private readonly Console _console = new();

    public static TheoryData<string, string> Lines => new()
    {
        // What the command line is.
        { "frob", "unknown subcommand 'frob'; 'ilbadm --help' lists them" },
        { "shwo-rule", "unknown subcommand 'shwo-rule' (did you mean 'show-rule'?); 'ilbadm --help' lists them" },
        { "create-rul", "unknown subcommand 'create-rul' (did you mean 'create-rule'?); 'ilbadm --help' lists them" },
        { "SHOW-NAT", "show-nat is not supported by this version" },
        { "create-hc -h hc-test=PING x", "create-hc is not supported by this version" },
        { "import-config", "standard input: it is empty; to delete everything, import a comment: #" },
        { "--local", "a subcommand is missing; 'ilbadm --help' lists them" },
        { "show-rule --socket /x", "--socket (the daemon) is not supported by this version" },
        { "--socket /x delete-rule -a", "--socket (the daemon) is not supported by this version" },
        { "delete-rule --wait -a", "--wait is not supported by this version" },
        { "delete-rule --wait=5 web", "--wait is not supported by this version" },
        { "--frob", "unknown option '--frob'; see 'ilbadm --help'" },
        { "--foo show-rule", "unknown option '--foo'; see 'ilbadm show-rule --help'" },
        { "--wait enable-rule", "--wait is not supported by this version" },
        { "--config", "a subcommand is missing; 'ilbadm --help' lists them\n--config FILE is missing" },
        { "show-rule --config", "show-rule: --config FILE is missing" },
        { "show-rule --colums vip", "unknown option '--colums' (did you mean '--columns'?); see 'ilbadm show-rule --help'" },
        { "delete-rule -x web", "unknown option '-x'; see 'ilbadm delete-rule --help'" },
        { "create-sg -e sg", "unknown option '-e'; see 'ilbadm create-servergroup --help'" },
        { "create-sg a b", "'b' is one argument too many; see 'ilbadm create-servergroup --help'" },
        { "create-sg", "create-servergroup: <name> is missing" },
        { "delete-sg", "delete-servergroup: <name> is missing" },
        { "show-rule --instance a/b", "instance 'a/b': a name has up to 63 letters, digits, '.', '_' and '-', and starts with a letter or digit" },

        // Server groups and servers.
        { "create-sg web", "server group web exists already" },
        { "create-sg a$b", "server group 'a$b': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { $"create-sg {"a64444444444444444444444444444444444444444444444444444444444444x"}", "server group a64444444444444444444444444444444444444444444444444444444444444x: the name has 64 characters, at most 63 are allowed" },
        { "create-sg -s server=10.0.0.300 x", "-s: '10.0.0.300': '10.0.0.300' is not an IPv4 or IPv6 address" },
        { "create-sg -s server=10.0.0.1:0,10.0.0.2:x x", "-s: '10.0.0.1:0': '0' is not a port (1-65535) or a range of ports such as 8000-8010\n-s: '10.0.0.2:x': 'x' is not a port (1-65535) or a range of ports such as 8000-8010" },
        { "create-sg -s server=10.0.0.1-10.0.1.1 x", "-s: '10.0.0.1-10.0.1.1': a span has at most 255 addresses" },
        { "create-sg -s server=2001:db8::1 x", "-s: '2001:db8::1': an IPv6 address stands in [], as in [2001:db8::1]:80" },
        { "create-sg -s server=127.0.0.1 x", "server: 127.0.0.1 is a loopback address, which no client reaches" },
        { "create-sg -s server=10.0.0.1,10.0.0.1 x", "server group x: server 10.0.0.1 is already there as _x.0 (10.0.0.1)" },
        { "create-sg -s server=10.0.0.1,[2001:db8::1] x", "server group x: server [2001:db8::1] is of another address family than the servers before it" },
        { "create-sg -s server=no.such.host x", "host no.such.host has no address" },
        { "create-sg -s weight=3 x", "-s: server= is missing" },
        { "create-sg -s 10.0.0.1 x", "-s: '10.0.0.1' is not of the form key=value" },
        { "create-sg -s server= x", "-s: server= has no value" },
        { "create-sg -s servr=10.0.0.1 x", "-s: unknown key 'servr' (did you mean 'server'?); known are server, weight, max-conn, min-conn, id, host, enabled" },
        { "create-sg -s server=10.0.0.1,server=10.0.0.2 x", "-s: server= is given twice" },
        { "create-sg -s server=10.0.0.1-10.0.0.2,id=3,enabled=maybe x", "-s: enabled=maybe is neither yes nor no\n-s: id= and host= go with one server only" },
        { "create-sg -s server=10.0.0.1,weight=65536 x", "-s: weight=65536 is out of range, allowed is 0-65535" },
        { "create-sg -s server=10.0.0.1,weight=-1,max-conn=0,min-conn=x x", "-s: weight=-1 is out of range, allowed is 0-65535\n-s: max-conn=0 is out of range, allowed is 1-2147483647\n-s: min-conn=x is not a number, allowed is 1-2147483647" },
        { "create-sg -s server=10.0.0.1,max-conn=5,min-conn=6 x", "server 10.0.0.1: min-conn 6 is out of range, allowed is 1 to max-conn" },
        { "create-sg -s server=\"10.0.0.1 x", "-s: a quote is not closed" },
        { "delete-sg none web", "server group none does not exist\nserver group web is used by rule web" },
        { "show-sg nothing wep", "server group nothing does not exist\nserver group wep does not exist (did you mean 'web'?)" },
        { "add-server -s server=10.0.0.9 none", "server group none does not exist" },
        { "add-server web", "add-server: -s server=SPEC,...[,weight=N][,max-conn=N][,min-conn=N] is missing" },
        { "add-server -s server=10.0.0.1 web", "server group web: server 10.0.0.1 is already there as _web.0 (10.0.0.1:8080)" },
        { "add-server -s server=10.0.0.9:80-90 web", "rule web: server 10.0.0.9:80-90 of server group web does not match the rule's port 80: with type=HALF-NAT a server has no port, one port, or as many as the rule" },
        { "remove-server -s server=10.0.0.9,_web.7,x web", "-s: 'x' is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80" },
        { "remove-server -s server=10.0.0.9,_web.7 web", "server 10.0.0.9 does not exist in server group web\nserver _web.7 does not exist in server group web" },
        { "remove-server -s server=_web.0,weight=3 web", "-s: unknown key 'weight'; known are server" },
        { "enable-server", "enable-server: no server is named" },
        { "enable-server web.0 10.0.0.1", "'web.0' is not a server ID such as _web.0\n'10.0.0.1' is not a server ID such as _web.0" },
        { "disable-server _web.0 _web.7 _no.1", "server _web.7 does not exist\nserver _no.1 does not exist" },
        { "disable-server -g web", "-g (a whole group) is not supported by this version" },
        { "show-server none", "rule none does not exist" },

        { "show-rule -h", "help is -? or --help; -h is for health checks" },
        { "-h", "help is -? or --help; -h is for health checks" },

        // Rules.
        { "create-rule -h", "help is -? or --help; -h is for health checks" },
        { "create-rule -i vip=192.0.2.9,prt=81 -m type=h -o sg=web x", "-i: unknown key 'prt' (did you mean 'port'?); known are vip, port, protocol" },
        { "create-rule -i vip=192.0.2.9,port -m type=h -o web x", "-i: 'port' is not of the form key=value\n-o: 'web' is not of the form key=value" },
        { "create-rule -i vip=192.0.2.9:80 -m type=h -o sg=web x", "-i: vip=192.0.2.9:80 is not an IPv4 or IPv6 address" },
        { "create-rule -i fwmark=1 -m type=h -o sg=web x", "fwmark= is not supported by this version" },
        { "create-rule", "create-rule: -i vip=V,port=P[,protocol=X] is missing\ncreate-rule: -m type=T[,lbalg=A] is missing\ncreate-rule: -o servergroup=G is missing\ncreate-rule: <name> is missing" },
        { "create-rule -i vip=192.0.2.9,port=80 -i vip=192.0.2.9,port=80 -m type=h -o sg=web x", "create-rule: -i is given more than once" },
        { "create-rule -i port=80 -m lbalg=rr -o sorry=x x", "-i: vip= is missing\n-m: type= is missing\nsorry= is not supported by this version" },
        { "create-rule -i vip=192.0.2.300,port=80 -m type=h -o sg=web x", "-i: vip=192.0.2.300 is not an IPv4 or IPv6 address" },
        { "create-rule -i vip=lb.example,port=80 -m type=h -o sg=web x", "-i: vip=lb.example is not an IPv4 or IPv6 address" },
        { "create-rule -i vip=127.0.0.1,port=80 -m type=h -o sg=web x", "rule x: VIP: 127.0.0.1 is a loopback address, which no client reaches" },
        { "create-rule -i vip=224.0.0.1,port=80 -m type=h -o sg=web x", "rule x: VIP: 224.0.0.1 is a multicast address" },
        { "create-rule -i vip=255.255.255.255,port=80 -m type=h -o sg=web x", "rule x: VIP: 255.255.255.255 is the broadcast address" },
        { "create-rule -i vip=0.0.0.0,port=80 -m type=h -o sg=web x", "rule x: VIP: 0.0.0.0 is an unspecified address" },
        { "create-rule -i vip=[2001:db8::1],port=80 -m type=h -o sg=one x", "rule x: VIP 2001:db8::1 and server 10.0.1.1 of server group one are of different address families" },
        { "create-rule -i vip=192.0.2.9,port=0 -m type=h -o sg=web x", "-i: port=0 is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a TCP service" },
        { "create-rule -i vip=192.0.2.9,port=domain -m type=h -o sg=web x", "-i: port=domain is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a TCP service" },
        { "create-rule -i vip=192.0.2.9,port=80-90 -m type=h -o sg=web x", "a range of ports (port=80-90) is not supported by this version" },
        { "create-rule -i vip=192.0.2.9 -m type=h -o sg=web x", "a rule without port= (all ports) is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80,protocol=ICMP -m type=h -o sg=web x", "-i: protocol=ICMP does not exist; known are TCP, UDP, SCTP" },
        { "create-rule -i vip=192.0.2.9,port=80,interface=eth0,fwmark=7,family=inet6 -m type=h -o sg=web x", "interface= is not supported by this version\nfwmark= is not supported by this version\nfamily= is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=NAT -o sg=web x", "type=NAT is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=n,proxy-src=10.0.0.9 -o sg=web x", "proxy-src= is not supported by this version\ntype=NAT is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=half -o sg=web x", "-m: type=half does not exist; known are DSR, NAT, HALF-NAT, TUN" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,lbalg=leastconn -o sg=web x", $"-m: lbalg=leastconn does not exist; known are {KnownAlgorithms}" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,lbalg=rund -o sg=web x", $"-m: lbalg=rund does not exist; known are {KnownAlgorithms}" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,pmask=24,hash-port=yes,fallback=yes,ops=yes,pe=sip -o sg=web x", "pmask= is not supported by this version\nhash-port= is not supported by this version\nfallback= is not supported by this version\nops= is not supported by this version\npe= is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=t,tun=gue,tun-port=5555,tun-csum=yes -o sg=one x", "tun= is not supported by this version\ntun-port= is not supported by this version\ntun-csum= is not supported by this version" },
        { "create-rule -p -h hc-name=x -t conn-drain=3 -i vip=192.0.2.9,port=80 -m type=h -o sg=web,quorum=2 x", "-p (client stickiness) is not supported by this version\n-h (health checks) is not supported by this version\n-t (timers) is not supported by this version\nquorum= is not supported by this version" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h -o sg=none x", "rule x: server group none does not exist" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h -o sg=empty x", "rule x: server group empty has no server" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=d -o sg=web x", "rule x: server 10.0.0.1:8080 of server group web does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's\nrule x: server 10.0.0.2:8080 of server group web does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's" },
        { "create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=web web", "rule web exists already" },
        { "create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=web x", "rule x overlaps rule web: both take TCP 192.0.2.1:80" },
        { "delete-rule", "delete-rule: either -a or the names of rules are needed" },
        { "delete-rule -a web", "delete-rule: either -a or the names of rules are needed" },
        { "delete-rule web none also", "rule none does not exist\nrule also does not exist" },
        { "enable-rule none", "rule none does not exist" },
        { "disable-rule none", "rule none does not exist" },
        { "show-rule none", "rule none does not exist" },
        { "show-rule -e -d", "-e does not go with -d" },
        { "show-rule -f -o vip", "-f does not go with -o, -p or --json" },
        { "show-rule -p", "-p needs -o with the columns" },
        { "show-rule -p -o all", "-p does not go with -o all: later versions may have more columns" },
        { "show-rule --json -o vip", "--json does not go with -o or -p" },
        { "show-rule -o", "show-rule: -o COLUMN,... is missing" },
        { "show-rule -o vipp,port,x", $"-o: unknown column 'vipp' (did you mean 'VIP'?); known are {RuleColumns}\n-o: unknown column 'x'; known are {RuleColumns}" },
        { "show-server -o vip", "-o: unknown column 'vip'; known are SERVERID, ADDRESS, PORT, RULENAME, STATUS, SERVERGROUP, HOSTNAME" },

        // Several faults of several kinds: all of them at once.
        { "create-rule -p -i vip=x,portt=80 -m type=q -o sg= --frob x y", $"unknown option '--frob'; see 'ilbadm create-rule --help'\n'y' is one argument too many; see 'ilbadm create-rule --help'\n-p (client stickiness) is not supported by this version\n-i: unknown key 'portt' (did you mean 'port'?); known are vip, port, protocol\n-i: vip=x is not an IPv4 or IPv6 address\n-m: type=q does not exist; known are DSR, NAT, HALF-NAT, TUN\n-o: servergroup= has no value" },
    };

    public void Dispose() => _console.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Is_refused_with_all_reasons_and_changes_nothing(string line, string messages)
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.1-10.0.0.2:8080 web");
        await _console.DoAsync("create-servergroup -s server=10.0.1.1 one");
        await _console.DoAsync("create-servergroup empty");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web");
        var before = _console.Everything();

        var (status, output, error) = await _console.RunAsync(line.Split(' '));

        Assert.Equal((string.Concat(messages.Split('\n').Select(static message => $"ilbadm: {message}\n")), "", 1), (error, output, status));
        Assert.Equal(before, _console.Everything());
    }

    [Fact]
    public async Task A_clash_with_a_service_of_somebody_else()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1 web");
        Assert.True(_console.Ipvs.Do(new Netlink.Ipvs.IpvsOperation.AddService
        {
            Service = new() { Key = Netlink.Ipvs.IpvsServiceKey.ForAddress(Netlink.Ipvs.IpvsProtocol.Tcp, NumericAddress.Parse("192.0.2.1"), 80) },
        }));
        var before = _console.Everything();
        var (status, _, error) = await _console.RunAsync("create-rule", "-e", "-i", "vip=192.0.2.1,port=80", "-m", "type=h", "-o", "sg=web", "web");
        Assert.Equal((1, "ilbadm: rule web: the kernel already has a service TCP 192.0.2.1:80 that somebody else has made (see 'ipvsadm -Ln'): remove it there, or choose another VIP or port\n"), (status, error));
        Assert.Equal(before, _console.Everything());
    }

    [Theory]
    [InlineData(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS: load it with 'modprobe ip_vs', or boot a kernel that has it")]
    [InlineData(IlbErrorCode.PermissionDenied, "no permission to use the kernel's IPVS: run as root, or with the capability CAP_NET_ADMIN")]
    public async Task A_kernel_that_cannot_be_used(IlbErrorCode code, string message)
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1 web");
        await _console.DoAsync("create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=web web");
        var before = _console.Everything();
        _console.Ipvs.Broken = new IlbException(code, message);
        var (status, _, error) = await _console.RunAsync("enable-rule", "web");
        Assert.Equal((1, $"ilbadm: {message}\n"), (status, error));
        Assert.Equal(before, _console.Everything());
        Assert.Contains("web      D", await _console.ShowAsync("show-rule"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show-rule")]
    [InlineData("delete-rule -a")]
    public async Task A_damaged_file_is_told_with_its_line_and_left_alone(string line)
    {
        await File.WriteAllTextAsync(_console.ConfigurationPath, "{\n\"format\": 1,\n\"rules\": [ { \"name\": \"web\", \"topology\": \"DSR\", \"serverGroup\": \"x\", \"vip\": \"192.0.2.1\" } ]\n}\n");
        var before = await File.ReadAllTextAsync(_console.ConfigurationPath);
        var (status, _, error) = await _console.RunAsync(line.Split(' '));
        Assert.Equal((1, $"ilbadm: {_console.ConfigurationPath}:3: rule web: server group x does not exist\n"), (status, error));
        Assert.Equal(before, await File.ReadAllTextAsync(_console.ConfigurationPath));
    }
}
