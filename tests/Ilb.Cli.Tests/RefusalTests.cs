namespace Ilb.Cli.Tests;

/// <summary>Every refused input: message, exit status 1, and that nothing changed.</summary>
public sealed class RefusalTests : IDisposable
{
    private const string KnownAlgorithms = "roundrobin, hash-ip, hash-ip-port, hash-ip-vip, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos";
    private const string RuleColumns = "RULENAME, STATUS, LBALG, TYPE, PROTOCOL, VIP, PORT, PROXY-SRC, PMASK, HC-NAME, HC-PORT, CONN-DRAIN, NAT-TIMEOUT, PERSIST-TIMEOUT, SERVERGROUP, SERVERS, INTERFACE, FWMARK, FAMILY, PE, HASH-PORT, FALLBACK, OPS, TUN, TUN-PORT, TUN-CSUM, ON-DEAD, START, PANIC, PASSIVE, PASSIVE-HOLD, SLOW-START, ON-DISABLE, SORRY, QUORUM, QUORUM-HYSTERESIS, KERNEL";

    private readonly Console _console = new();

    public static TheoryData<string, string> Lines => new()
    {
        // What the command line is.
        { "frob", "unknown subcommand 'frob'; 'ilbadm --help' lists them" },
        { "shwo-rule", "unknown subcommand 'shwo-rule' (did you mean 'show-rule'?); 'ilbadm --help' lists them" },
        { "create-rul", "unknown subcommand 'create-rul' (did you mean 'create-rule'?); 'ilbadm --help' lists them" },
        { "SHOW-NAT", "show-nat is not supported by this version" },
        { "import-config", "standard input: it is empty; to delete everything, import a comment: #" },
        { "--local", "a subcommand is missing; 'ilbadm --help' lists them" },
        { "show-rule --local --socket /x", "--local does not go with --socket" },
        { "show-rule --socket", "show-rule: --socket PATH is missing" },
        { "delete-rule --wait --dry-run -a", "--wait does not go with --dry-run" },
        { "disable-server --wait=soon _web.0", "--wait: 'soon' is not a number of seconds, nor a duration such as 5m, up to 365d" },
        { "show-rule --wait", "unknown option '--wait'; see 'ilbadm show-rule --help'" },
        { "set-rule -e web", "unknown option '-e'; see 'ilbadm set-rule --help'" },
        { "--frob", "unknown option '--frob'; see 'ilbadm --help'" },
        { "--foo show-rule", "unknown option '--foo'; see 'ilbadm show-rule --help'" },
        { "--config", "--config FILE is missing" },
        { "show-rule --config", "show-rule: --config FILE is missing" },
        { "show-rule --colums vip", "unknown option '--colums' (did you mean '--columns'?); see 'ilbadm show-rule --help'" },
        { "delete-rule -x web", "unknown option '-x'; see 'ilbadm delete-rule --help'" },
        { "create-sg -e sg", "unknown option '-e'; see 'ilbadm create-servergroup --help'" },
        { "create-sg a b", "'b' is one argument too many; see 'ilbadm create-servergroup --help'" },
        { "create-sg", "create-servergroup: NAME is missing" },
        { "delete-sg", "delete-servergroup: NAME is missing" },
        { "show-rule --instance a/b", "instance 'a/b': a name has up to 63 letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "delete-rule -a true", "delete-rule: either -a or the names of rules are needed" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -o sg=web -- -x", "rule '-x': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "create-sg -- -x", "server group '-x': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "create-sg a\tb\u001b[31m", "server group 'a\\tb\\u001b[31m': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "show-rule xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "rule 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' does not exist" },

        // Server groups and servers.
        { "create-sg web", "server group 'web' exists already" },
        { "create-sg a$b", "server group 'a$b': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "create-sg a64444444444444444444444444444444444444444444444444444444444444x", "server group 'a64444444444444444444444444444444444444444444444444444444444444x': the name has 64 characters, at most 63 are allowed" },
        { "create-sg -s server=10.0.0.300 x", "-s: server: '10.0.0.300' is not an IPv4 or IPv6 address" },
        { "create-sg -s server=10.0.0.1:0,10.0.0.2:x x", "-s: server: '10.0.0.1:0': '0' is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a service\n-s: server: '10.0.0.2:x': 'x' is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a service" },
        { "create-sg -s server=[2001:db8::1 x", "-s: server: '[2001:db8::1': [ and ] do not match" },
        { "create-sg -s server=[10.0.0.1]:80 x", "-s: server: '[10.0.0.1]:80': an IPv4 address stands without []" },
        { "create-sg -s server=[2001:db8::1]80 x", "-s: server: '[2001:db8::1]80': only :PORT may follow ]" },
        { "create-sg -s server=10.0.0.1-[2001:db8::1] x", "-s: server: '10.0.0.1-[2001:db8::1]': a span has addresses of one family" },
        { "create-sg -s server=[2001:db8::1]-10.0.0.1:80 x", "-s: server: '[2001:db8::1]-10.0.0.1:80': a span has addresses of one family" },
        { "create-sg -s server=[2001:db8::1]-2001:db8::5 x", "-s: server: '[2001:db8::1]-2001:db8::5': an IPv6 address stands in [], as in [2001:db8::1]:80" },
        { "create-sg -s server=0x0a000001 x", "-s: server: '0x0a000001' is neither an address nor a host name" },
        { "create-sg -s server=0x0a.0.0.1:80 x", "-s: server: '0x0a.0.0.1:80': '0x0a.0.0.1' is neither an address nor a host name" },
        { "create-sg -s server=10.1 x", "-s: server: '10.1' is not an IPv4 or IPv6 address" },
        { "create-sg -s server=1.2.3.4.5 x", "-s: server: '1.2.3.4.5' is not an IPv4 or IPv6 address" },
        { "create-sg -s server=10.0.0.1:080 x", "-s: server: '10.0.0.1:080': '080' is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a service" },
        { "create-sg -s server=10.0.0.1:nosuch x", "-s: server: '10.0.0.1:nosuch': 'nosuch' is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a service" },
        { "create-sg -s server=_x x", "-s: server: '_x' is neither an address nor a host name" },
        { "create-sg -s server=10.0.0.1-10.0.1.1 x", "-s: server: '10.0.0.1-10.0.1.1': a span has at most 255 addresses" },
        { "create-sg -s server=2001:db8::1 x", "-s: server: '2001:db8::1': an IPv6 address stands in [], as in [2001:db8::1]:80" },
        { "create-sg -s server=127.0.0.1 x", "server: 127.0.0.1 is a loopback address, which no client reaches" },
        { "create-sg -s server=localhost x", "host 'localhost' has no address" },
        { "create-sg -s server=10.0.0.1,weight=007 x", "-s: weight: '007' has leading zeros, allowed is 0-65535" },
        { "create-sg -s server=10.0.0.1,weight=+3,max-conn=010 x", "-s: weight: '+3' is not a number, allowed is 0-65535\n-s: max-conn: '010' has leading zeros, allowed is 1-2147483647" },
        { "create-sg -s server=10.0.0.1,min-conn=5 x", "server '10.0.0.1': min-conn needs max-conn" },
        { "create-sg -s server=10.0.0.1-10.0.0.2,id=3 x", "-s: id= and host= go with one server only" },
        { "create-sg -s server=10.0.0.1,id=-1,enabled=maybe x", "-s: id: '-1' is out of range, allowed is 0-4294967295\n-s: enabled: 'maybe' is neither yes nor no" },
        { "add-server -s server=10.0.0.9,id=0 web", "server group 'web': number 0 was given before, the next is 2\nserver group 'web': number 0 stands there twice" },
        { "add-server -s server=[2001:db8::1]-[2001:db8::ff] web", "server group 'web': server '[2001:db8::1]' (and 254 more) is of another address family than the servers before it\nrule 'web': VIP 192.0.2.1 and server '[2001:db8::1]' (and 254 more) of server group 'web' are of different address families" },
        { "add-server -s server=10.0.2.1-10.0.2.255:80-90 web", "rule 'web': server '10.0.2.1:80-90' (and 254 more) of server group 'web' does not match the rule's port 80: with type=HALF-NAT a server has no port, one port, or as many as the rule" },
        { "create-sg -s server=10.0.0.1,10.0.0.1 x", "server group 'x': server '10.0.0.1' is already there as '_x.0' (10.0.0.1)" },
        { "create-sg -s server=10.0.0.1,[2001:db8::1] x", "server group 'x': server '[2001:db8::1]' is of another address family than the servers before it" },
        { "create-sg -s server=no.such.host x", "host 'no.such.host' has no address" },
        { "create-sg -s weight=3 x", "-s: server= is missing" },
        { "create-sg -s 10.0.0.1 x", "-s: '10.0.0.1' is not of the form key=value; known are server, weight, max-conn, min-conn, id, host, enabled" },
        { "create-sg -s server= x", "-s: server= has no value" },
        { "create-sg -s servr=10.0.0.1 x", "-s: unknown key 'servr' (did you mean 'server'?); known are server, weight, max-conn, min-conn, id, host, enabled" },
        { "create-sg -s server=10.0.0.1,server=10.0.0.2 x", "-s: server= is given twice" },
        { "create-sg -s server=10.0.0.1,weight=65536 x", "-s: weight: '65536' is out of range, allowed is 0-65535" },
        { "create-sg -s server=10.0.0.1,weight=-1,max-conn=0,min-conn=x x", "-s: weight: '-1' is out of range, allowed is 0-65535\n-s: max-conn: '0' is out of range, allowed is 1-2147483647\n-s: min-conn: 'x' is not a number, allowed is 1-2147483647" },
        { "create-sg -s server=10.0.0.1,max-conn=5,min-conn=6 x", "server '10.0.0.1': min-conn 6 is out of range, allowed is 1-5, which is max-conn" },
        { "create-sg -s server=\"10.0.0.1 x", "-s: a quote is not closed" },
        { "delete-sg none web", "server group 'none' does not exist\nserver group 'web' is used by rule 'web'" },
        { "show-sg nothing wep", "server group 'nothing' does not exist\nserver group 'wep' does not exist (did you mean 'web'?)" },
        { "add-server -s server=10.0.0.9 none", "server group 'none' does not exist" },
        { "add-server web", "add-server: -s server=SPEC,...[,weight=N] is missing" },
        { "add-server -s server=10.0.0.1 web", "server group 'web': server '10.0.0.1' is already there as '_web.0' (10.0.0.1:8080)" },
        { "add-server -s server=10.0.0.9:80-90 web", "rule 'web': server '10.0.0.9:80-90' of server group 'web' does not match the rule's port 80: with type=HALF-NAT a server has no port, one port, or as many as the rule" },
        { "remove-server -s server=10.0.0.9,_web.7,x web", "-s: server: 'x' is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80" },
        { "remove-server -s server=10.0.0.9,_web.7 web", "server '10.0.0.9' does not exist in server group 'web'\nserver '_web.7' does not exist in server group 'web'" },
        { "remove-server -s server=_web.0,weight=3 web", "-s: unknown key 'weight'; known are server" },
        { "enable-server", "enable-server: no server is named" },
        { "enable-server web.0 10.0.0.1", "'web.0' is not a server ID such as _web.0\n'10.0.0.1' is not a server ID such as _web.0" },
        { "disable-server _web.0 _web.7 _no.1", "server '_web.7' does not exist\nserver '_no.1' does not exist" },
        { "enable-server web.0 _web.7", "'web.0' is not a server ID such as _web.0\nserver '_web.7' does not exist" },
        { "enable-server -g none", "server group 'none' does not exist" },
        { "enable-server -g web _web.0", "enable-server: either -g or the IDs of servers are needed, not both" },
        { "disable-server -g", "disable-server: -g GROUP is missing" },
        { "set-server", "set-server: -s KEY=N,... is missing\nset-server: no server is named" },
        { "set-server _web.0", "set-server: -s KEY=N,... is missing" },
        { "set-server -s weight=3", "set-server: no server is named" },
        { "set-server -s weight=3 -g none", "server group 'none' does not exist" },
        { "set-server -s weight=3 -g web _web.0", "set-server: either -g or the IDs of servers are needed, not both" },
        { "set-server -s weight=x,foo=3 web.0 _web.7", "'web.0' is not a server ID such as _web.0\n-s: unknown key 'foo'; known are weight, max-conn, min-conn\n-s: weight: 'x' is not a number, allowed is 0-65535\nserver '_web.7' does not exist" },
        { "set-server -s min-conn=5 _web.0", "server '10.0.0.1:8080': min-conn needs max-conn" },
        { "set-server -s weight=1 -s weight=2 _web.0", "-s is given more than once" },
        { "remove-server -s server=[10.0.0.1]:80,10.0.0.1-10.0.0.2,localhost web", "-s: server: '[10.0.0.1]:80': an IPv4 address stands without []\n-s: server: '10.0.0.1-10.0.0.2' is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80\n-s: server: 'localhost' is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80" },
        { "show-server none", "rule 'none' does not exist" },

        { "show-rule -h", "help is -? or --help; -h is for health checks" },
        { "-h", "help is -? or --help; -h is for health checks" },

        // Rules.
        { "create-rule -h", "help is -? or --help; -h is for health checks" },
        { "create-rule -i vip=192.0.2.9,prt=81 -m type=h -o sg=web x", "-i: unknown key 'prt' (did you mean 'port'?); known are vip, port, protocol, interface, fwmark, family" },
        { "create-rule -i vip=192.0.2.9,port -m type=h -o web x", "-i: 'port' is not of the form key=value; known are vip, port, protocol, interface, fwmark, family\n-o: 'web' is not of the form key=value; known are servergroup, sorry, quorum, quorum-hysteresis" },
        { "create-rule -i vip=192.0.2.9:80 -m type=h -o sg=web x", "-i: vip: '192.0.2.9:80' is not an IPv4 or IPv6 address; the port stands in port=" },
        { "create-rule -i vip=[2001:db8::9]:80 -m type=h -o sg=web x", "-i: vip: '[2001:db8::9]:80' is not an IPv4 or IPv6 address; the port stands in port=" },
        { "create-rule -i fwmark=0,family=inet5 -m type=h -o sg=web x", "-i: fwmark: '0' is out of range, allowed is 1-4294967295\n-i: family: 'inet5' is not an address family: it is one of inet, inet6" },
        { "create-rule -i family=inet6 -m type=h -o sg=web x", "-i: vip= is missing\n-i: fwmark= is missing" },
        { "create-rule -i vip=169.254.0.256,port=007 -m type=h -o sg=web x", "-i: vip: '169.254.0.256' is not an IPv4 or IPv6 address\n-i: port: '007' is neither a port (1-65535) nor the name of a TCP service" },
        { "create-rule -i vip=fe80::1,port=81 -m type=h -o sg=web x", "rule 'x': VIP: fe80::1 is an address of one link only, which IPVS does not forward\nrule 'x': VIP fe80::1 and server '10.0.0.1:8080' (and 1 more) of server group 'web' are of different address families" },
        { "create-rule", "create-rule: -i vip=V[,port=P][,protocol=X] is missing\ncreate-rule: -m type=T[,lbalg=A] is missing\ncreate-rule: -o servergroup=G is missing\ncreate-rule: NAME is missing" },
        { "create-rule -i vip=192.0.2.9,port=80 -i vip=192.0.2.9,port=80 -m type=h -o sg=web x", "-i is given more than once" },
        { "create-rule -i port=80 -m lbalg=rr -o sorry=x x", "-i: vip= is missing\n-m: type= is missing\n-o: servergroup= is missing" },
        { "create-rule -i vip=192.0.2.300,port=80 -m type=h -o sg=web x", "-i: vip: '192.0.2.300' is not an IPv4 or IPv6 address" },
        { "create-rule -i vip=lb.example,port=80 -m type=h -o sg=web x", "-i: vip: 'lb.example' is not an IPv4 or IPv6 address" },
        { "create-rule -i vip=127.0.0.1,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 127.0.0.1 is a loopback address, which no client reaches" },
        { "create-rule -i vip=224.0.0.1,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 224.0.0.1 is a multicast address" },
        { "create-rule -i vip=255.255.255.255,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 255.255.255.255 is the broadcast address" },
        { "create-rule -i vip=0.0.0.0,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 0.0.0.0 is an unspecified address" },
        { "create-rule -i vip=[2001:db8::1],port=80 -m type=h -o sg=one x", "rule 'x': VIP 2001:db8::1 and server '10.0.1.1' of server group 'one' are of different address families" },
        { "create-rule -i vip=[2001:db8::1],port=80 -m type=h -o sg=web x", "rule 'x': VIP 2001:db8::1 and server '10.0.0.1:8080' (and 1 more) of server group 'web' are of different address families" },
        { "create-rule -i vip=192.0.2.9,port=0 -m type=h -o sg=web x", "-i: port: '0' is neither a port (1-65535) nor the name of a TCP service" },
        { "create-rule -i vip=192.0.2.9,port=domain -m type=h -o sg=web x", "-i: port: 'domain' is neither a port (1-65535) nor the name of a TCP service" },
        { "create-rule -i vip=192.0.2.9,port=80,protocol=SCTP -m type=h -t nat-timeout=60 -o sg=web x", "rule 'x': nat-timeout is only for TCP and UDP: IPVS has no timeout of SCTP that can be set" },
        { "create-rule -i vip=192.0.2.9,port=80,protocol=ICMP -m type=h -o sg=web x", "-i: protocol: 'ICMP' is not a protocol: it is one of TCP, UDP, SCTP" },
        { "create-rule -i vip=192.0.2.9,port=80,interface=eth0,fwmark=7,family=inet6 -m type=h -o sg=web x", "rule 'x': fwmark stands instead of vip, port, protocol and interface" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=NAT -o sg=web x", "rule 'x': type=NAT needs proxy-src" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=half -o sg=web x", "-m: type: 'half' is not a topology: it is one of DSR, NAT, HALF-NAT, TUN" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,lbalg=leastconn -o sg=web x", $"-m: lbalg: 'leastconn' is not an algorithm: it is one of {KnownAlgorithms}" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,lbalg=rund -o sg=web x", $"-m: lbalg: 'rund' is not an algorithm: it is one of {KnownAlgorithms}" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h,pmask=24,hash-port=yes,fallback=yes,ops=yes,pe=sip -o sg=web x", "-m: pmask= needs -p\n-m: pe= needs -p" },
        { "create-rule -i vip=192.0.2.9,port=81 -p -m type=h,pmask=33 -o sg=web x", "rule 'x': pmask 33 is out of range, allowed is 0-32" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -t persist-timeout=60 -o sg=web x", "-t: persist-timeout= needs -p" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h,hash-port=maybe,fallback=,ops=1,pe=sip -o sg=web x", "-m: fallback= has no value\n-m: pe= needs -p\n-m: hash-port: 'maybe' is neither yes nor no\n-m: ops: '1' is neither yes nor no" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=t,tun=l2tp,tun-port=0,tun-csum=1 -o sg=one x", "-m: tun: 'l2tp' is not a kind of tunnel: it is one of ipip, gre, gue\n-m: tun-port: '0' is out of range, allowed is 1-65535\n-m: tun-csum: '1' is not a tunnel checksum: it is one of no, yes, remote" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h,proxy-src=10.0.0.9-10.0.0.1 -o sg=web x", "-m: proxy-src: '10.0.0.9-10.0.0.1' is not an address or a span of addresses such as 10.0.0.1-10.0.0.4" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -h hc-port=80 -o sg=web x", "-h: hc-name= is missing" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -h hc-name=none,hc-port=some,on-dead=no,start=no,panic=50 -o sg=web x", "-h: hc-port: 'some' is not a port (1-65535), ANY or ALL\n-h: on-dead: 'no' is not an action on a dead server: it is one of drain, cut\n-h: start: 'no' is not a state at the start: it is one of up, down\n-h: panic: '50' is not a percentage such as 50%" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -h hc-name=none -o sg=web x", "rule 'x': health check 'none' does not exist" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -t conn-drain=5x,nat-timeout=0,slow-start=1.5,on-disable=no -o sg=web x", "-t: conn-drain: '5x' is not a duration: it is a number of seconds, or with s, m, h or d such as 5m, up to 365d\n-t: slow-start: '1.5' is not a duration: it is a number of seconds, or with s, m, h or d such as 5m, up to 365d\n-t: on-disable: 'no' is not a treatment of a disabled rule's packets: it is one of refuse, pass" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -t conn-drain=500ms -o sg=web x", "rule 'x': conn-drain 500ms is not a whole number of seconds" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -t conn-drain=5m,on-disable=pass -p -o sg=web x", "rule 'x': on-disable=pass needs ports that stay, and those of server '10.0.0.1:8080' (and 1 more) of server group 'web' are others than the rule's port 81" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -o sg=web,quorum=x x", "-o: sorry= is missing\n-o: quorum: 'x' is neither a number of servers nor a percentage such as 50%" },
        { "create-rule -i vip=192.0.2.9,port=81 -m type=h -o sg=web,sorry=web,quorum=0,quorum-hysteresis=5% x", "rule 'x': the sorry group is the rule's own server group 'web'\nrule 'x': quorum 0 is out of range, the lowest is 1\nrule 'x': quorum 0 and quorum-hysteresis 5% are either both numbers or both percentages" },
        { "create-rule -p -h hc-name=x -t conn-drain=3 -i vip=192.0.2.9,port=80 -m type=h -o sg=web,quorum=2 x", "-o: sorry= is missing" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h -o sg=none x", "rule 'x': server group 'none' does not exist" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=h -o sg=empty x", "rule 'x': server group 'empty' has no server" },
        { "create-rule -i vip=192.0.2.9,port=80 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' (and 1 more) of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's" },
        { "create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=web web", "rule 'web' exists already" },
        { "create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=web x", "rule 'x' overlaps rule 'web': both take TCP 192.0.2.1:80" },
        { "delete-rule", "delete-rule: either -a or the names of rules are needed" },
        { "set-rule web", "set-rule: nothing is given to change" },
        { "set-rule", "set-rule: NAME is missing" },
        { "set-rule -m lbalg=rr wep", "rule 'wep' does not exist (did you mean 'web'?)" },
        { "set-rule -m type= web", "-m: type= has no value" },
        { "set-rule -i port=x,vip= web", "-i: port: 'x' is neither a port (1-65535) nor the name of a TCP service" },
        { "set-rule -h hc-port=80 web", "-h: hc-name= is missing" },
        { "set-rule -h hc-name=,panic=5% web", "-h: hc-name= has no value" },
        { "set-rule -h passive-hold=5 web", "-h: passive= is missing" },
        { "set-rule -h passive=,passive-hold=5 web", "-h: passive= has no value" },
        { "set-rule -h passive=0,passive-hold=x web", "-h: passive: '0' is out of range, allowed is 1-1000000\n-h: passive-hold: 'x' is not a duration: it is a number of seconds, or with s, m, h or d such as 5m, up to 365d" },
        { "set-rule -h passive=5,passive-hold=2d web", "rule 'web': passive-hold 172800 is out of range, allowed is 1 to 86400 seconds" },
        { "create-rule -i vip=192.0.2.9,port=8080 -m type=d -h passive=5 -o sg=web x", "rule 'x': passive is only for type=HALF-NAT and NAT: with type=DSR replies do not come by way of the balancer, so it cannot see that there are none" },
        { "set-rule -h passive=5,passive-hold=1500ms web", "rule 'web': passive-hold 1500ms is not a whole number of seconds" },
        { "set-rule -o quorum=2 web", "-o: sorry= is missing" },
        { "set-rule -t persist-timeout=5 web", "-t: persist-timeout= needs -p" },
        { "set-rule -m pmask=24 web", "-m: pmask= needs -p" },
        { "set-rule -i family=inet6 web", "-i: fwmark= is missing" },
        { "set-rule -i vip= web", "rule 'web': the VIP is missing" },
        { "set-rule -m type=d web", "rule 'web': server '10.0.0.1:8080' (and 1 more) of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's" },
        { "set-rule -o sg=empty web", "rule 'web': server group 'empty' has no server" },
        { "create-hc x", "create-healthcheck: -h hc-test=TEST[,KEY=VALUE] is missing" },
        { "create-hc -h hc-test=FTP x", "-h: hc-test: 'FTP' is not a health test: it is one of PING, TCP, UDP, SCTP, HTTP, HTTPS, TLS, DNS, SMTP, GRPC, PRODUCT or the absolute path of a program" },
        { "create-hc -h hc-test=x/y x", "-h: hc-test: 'x/y' is not a health test: it is one of PING, TCP, UDP, SCTP, HTTP, HTTPS, TLS, DNS, SMTP, GRPC, PRODUCT or the absolute path of a program" },
        { "create-hc -h hc-test=TCP,path=/x,verify=no x", "-h: path= is not for a TCP test\n-h: verify= is not for a TCP test" },
        { "create-hc -h hc-test=DNS x", "-h: query= is missing" },
        { "create-hc -h hc-interval=5 x", "-h: hc-test= is missing" },
        { "create-hc -n -h hc-test=PING x", "health check 'x': a PING test cannot be without the default ping" },
        { "create-hc -h hc-test=TCP,hc-count=0,hc-timeout=1y,hc-interval=0 x", "-h: hc-timeout: '1y' is not a duration: it is a number of seconds, or with s, m, h or d such as 5m, up to 365d\n-h: hc-count: '0' is out of range, allowed is 1-1000" },
        { "create-hc -h hc-test=HTTP,status=200,999 x", "-h: status: '999' is not a status of HTTP (100-599) or a range such as 200-299" },
        { "create-hc -h hc-test=TLS,cert=x,min-valid=-1 x", "-h: min-valid: '-1' is out of range, allowed is 0-3650" },
        { "set-hc none", "set-healthcheck: nothing is given to change\nhealth check 'none' does not exist" },
        { "set-hc -h hc-count=2 none", "health check 'none' does not exist" },
        { "set-hc -n --default-ping none", "-n does not go with --default-ping\nhealth check 'none' does not exist" },
        { "delete-hc none", "health check 'none' does not exist" },
        { "show-hc none", "health check 'none' does not exist" },
        { "delete-rule -a web", "delete-rule: either -a or the names of rules are needed" },
        { "delete-rule web none also", "rule 'none' does not exist\nrule 'also' does not exist" },
        { "enable-rule none", "rule 'none' does not exist" },
        { "disable-rule none", "rule 'none' does not exist" },
        { "show-rule none", "rule 'none' does not exist" },
        { "show-rule -e -d", "-e does not go with -d" },
        { "show-rule -f -o vip", "-f does not go with -o, -p or --json" },
        { "show-rule -p", "-p needs -o with the columns" },
        { "show-rule -p -o all", "-p does not go with -o all: later versions may have more columns" },
        { "show-rule --json -o vip", "--json does not go with -o or -p" },
        { "show-rule -o", "show-rule: -o COLUMN,... is missing" },
        { "show-rule -o vipp,port,x", $"-o: unknown column 'vipp' (did you mean 'VIP'?); known are {RuleColumns}\n-o: unknown column 'x'; known are {RuleColumns}" },
        { "show-server -o vip", "-o: unknown column 'vip'; known are SERVERID, ADDRESS, PORT, RULENAME, STATUS, SERVERGROUP, HOSTNAME, HEALTH, REASON, WEIGHT, ACTIVE, INACTIVE, DRAIN, LEFT" },

        // Several faults of several kinds: all of them at once.
        { "create-rule -p -i vip=x,portt=80 -m type=q -o sg= --frob x y", "unknown option '--frob'; see 'ilbadm create-rule --help'\n'y' is one argument too many; see 'ilbadm create-rule --help'\n-i: unknown key 'portt' (did you mean 'port'?); known are vip, port, protocol, interface, fwmark, family\n-i: vip: 'x' is not an IPv4 or IPv6 address\n-m: type: 'q' is not a topology: it is one of DSR, NAT, HALF-NAT, TUN\n-o: servergroup= has no value" },
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
        Assert.Equal((1, "ilbadm: rule 'web': the kernel already has a service TCP 192.0.2.1:80 that somebody else has made (see 'ipvsadm -Ln'): remove it there, or choose another VIP or port\n"), (status, error));
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
    [InlineData("enable-server web.0 _web.1", "'web.0' is not a server ID such as _web.0\n")]
    [InlineData("set-server -s weight=x _web.1", "-s: weight: 'x' is not a number, allowed is 0-65535\n")]
    public async Task A_damaged_file_does_not_hide_what_is_wrong_with_the_command(string line, string message)
    {
        await File.WriteAllTextAsync(_console.ConfigurationPath, "{");
        var (status, _, error) = await _console.RunAsync(line.Split(' '));
        Assert.StartsWith($"ilbadm: {message}ilbadm: {_console.ConfigurationPath}:1: ", error, StringComparison.Ordinal);
        Assert.Equal(1, status);
    }

    [Theory]
    [InlineData("show-rule")]
    [InlineData("delete-rule -a")]
    public async Task A_damaged_file_is_told_with_its_line_and_left_alone(string line)
    {
        await File.WriteAllTextAsync(_console.ConfigurationPath, "{\n\"format\": 1,\n\"rules\": [ { \"name\": \"web\", \"topology\": \"DSR\", \"serverGroup\": \"x\", \"vip\": \"192.0.2.1\" } ]\n}\n");
        var before = await File.ReadAllTextAsync(_console.ConfigurationPath);
        var (status, _, error) = await _console.RunAsync(line.Split(' '));
        Assert.Equal((1, $"ilbadm: {_console.ConfigurationPath}:3: rule 'web': server group 'x' does not exist\n"), (status, error));
        Assert.Equal(before, await File.ReadAllTextAsync(_console.ConfigurationPath));
    }
}
