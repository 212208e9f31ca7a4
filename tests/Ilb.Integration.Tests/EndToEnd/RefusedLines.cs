namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>Command lines that are refused, and what the first line of errors begins with.</summary>
internal static class RefusedLines
{
    /// <summary>What must be there before.</summary>
    public static IReadOnlyList<string> Site { get; } =
    [
        "create-sg -s server=10.0.0.1:8080 web",
        "create-sg empty",
        "create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web",
    ];

    /// <summary>Groups that these lines name besides.</summary>
    public static IReadOnlyList<string> Groups { get; } =
    [
        "create-sg -s server=10.0.0.1 bare",
        "create-sg -s server=[fd00::1] bare6",
        "create-sg -s server=10.0.0.1:9000-9010 range",
        "create-sg -s server=10.0.0.1:9000-19999 long",
    ];

    /// <summary>A service of somebody else, as <c>ipvsadm</c> is told to add it.</summary>
    public static string Foreign => "-A -t 192.0.2.9:80 -s sh";

    public static IReadOnlyList<(string Line, string Message)> WrongInput { get; } =
    [
        ("create-sg -s server=10.0.0.300 x",
            "-s: server: '10.0.0.300' is not an IPv4 or IPv6 address"),
        ("create-sg -s server=10.0.0.1,[2001:db8::1] x",
            "server group 'x': server '[2001:db8::1]' is of another address family than the servers before it"),
        ("create-sg -s server=10.0.0.1:80,10.0.0.1:80 x",
            "server group 'x': server '10.0.0.1:80' is already there as '_x.0' (10.0.0.1:80)"),
        ("create-sg web",
            "server group 'web' exists already"),
        ("create-sg 0123456789012345678901234567890123456789012345678901234567890123",
            "server group '0123456789012345678901234567890123456789012345678901234567890123': the name has 64 characters, at most 63 are allowed"),
        ("create-sg -s servr=10.0.0.1 x",
            "-s: unknown key 'servr' (did you mean 'server'?)"),
        ("create-sg -s weight=1 x",
            "-s: server= is missing"),
        ("delete-sg web",
            "server group 'web' is used by rule 'web'"),
        ("add-server -s server=10.0.0.1:8080 web",
            "server group 'web': server '10.0.0.1:8080' is already there as '_web.0' (10.0.0.1:8080)"),
        ("add-server -s server=10.0.0.1 none",
            "server group 'none' does not exist"),
        ("disable-server _web.0 _web.9",
            "server '_web.9' does not exist"),
        ("create-rule -e -i vip=192.0.2.300,port=80 -m type=h -o sg=web x",
            "-i: vip: '192.0.2.300' is not an IPv4 or IPv6 address"),
        ("create-rule -e -i vip=127.0.0.1,port=80 -m type=h -o sg=web x",
            "rule 'x': VIP: 127.0.0.1 is a loopback address, which no client reaches"),
        ("create-rule -e -i vip=224.0.0.1,port=80 -m type=h -o sg=web x",
            "rule 'x': VIP: 224.0.0.1 is a multicast address"),
        ("create-rule -e -i vip=2001:db8::1,port=80 -m type=h -o sg=web x",
            "rule 'x': VIP 2001:db8::1 and server '10.0.0.1:8080' of server group 'web' are of different address families"),
        ("create-rule -e -i vip=192.0.2.2,port=65536 -m type=h -o sg=web x",
            "-i: port: '65536' is neither a port (1-65535) nor the name of a TCP service"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=none x",
            "rule 'x': server group 'none' does not exist"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=empty x",
            "rule 'x': server group 'empty' has no server"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=d -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web x",
            "rule 'x' overlaps rule 'web': both take TCP 192.0.2.1:80"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=web web",
            "rule 'web' exists already"),
        ("create-rule -e -i vip=192.0.2.9,port=80 -m type=h -o sg=web x",
            "rule 'x': the kernel already has a service TCP 192.0.2.9:80 that somebody else has made"),
        ("create-rule -e -i port=80 -m type=h -o sg=web x",
            "-i: vip= is missing"),
        ("delete-rule web none",
            "rule 'none' does not exist"),
        ("show-rule -o vipp",
            "-o: unknown column 'vipp' (did you mean 'VIP'?)"),
        ("show-rule -p",
            "-p needs -o with the columns"),
        ("frob",
            "unknown subcommand 'frob'"),
    ];

    /// <summary>What the kernel cannot do.</summary>
    public static IReadOnlyList<(string Line, string Message)> Impossible { get; } =
    [
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=d -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=t -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=TUN a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.2,port=7000-7010 -m type=d -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's ports 7000-7010: with type=DSR a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.2,port=7000-7010 -m type=t -o sg=range x",
            "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's ports 7000-7010: with type=TUN a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.2 -m type=d -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's all ports: with type=DSR a server has no port or exactly the rule's"),
        ("create-rule -e -i vip=192.0.2.2 -m type=t -o sg=range x",
            "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's all ports: with type=TUN a server has no port or exactly the rule's"),
        ("create-rule -e -i fwmark=7 -m type=d -o sg=web x",
            "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's fwmark 7 inet: with type=DSR a server has no port"),
        ("create-rule -e -i fwmark=7 -m type=h -o sg=range x",
            "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's fwmark 7 inet: with type=HALF-NAT a server has no port or one port"),
        ("create-rule -e -i vip=192.0.2.2,port=7000-7011 -m type=h -o sg=range x",
            "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's ports 7000-7011: with type=HALF-NAT a server has no port, one port, or as many as the rule"),
        ("create-rule -e -i vip=192.0.2.2,port=20000-30999 -m type=h -o sg=long x",
            "rule 'x': ports 20000-30999 are mapped one by one to those of server group 'long', which needs a service of the kernel for each: at most 1024 are allowed"),
        ("create-rule -e -p -i vip=192.0.2.2 -m type=h -o sg=web x",
            "rule 'x': all ports cannot become the one port of server '10.0.0.1:8080' of server group 'web' for sticky clients"),
        ("create-rule -e -p -i vip=192.0.2.2,port=7000-7010 -m type=h -o sg=web x",
            "rule 'x': ports 7000-7010 cannot become the one port of server '10.0.0.1:8080' of server group 'web' for sticky clients, unless the algorithm is a hash of the client's whole address and each server has one port"),
        ("create-rule -e -p -i vip=192.0.2.2,port=7000-7010 -m type=h,lbalg=hash-ip -o sg=range x",
            "rule 'x': ports 7000-7010 cannot become the ports of server '10.0.0.1:9000-9010' of server group 'range' for sticky clients, unless the algorithm is sh"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=n -o sg=bare x",
            "rule 'x': type=NAT needs proxy-src"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=n,proxy-src=fd00::9 -o sg=bare x",
            "rule 'x': proxy-src fd00::9 is not of the VIP's address family"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h,proxy-src=10.0.0.9 -o sg=bare x",
            "rule 'x': proxy-src is only for type=NAT, not for HALF-NAT"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=t -o sg=bare6 x",
            "rule 'x': VIP 192.0.2.2 and server '[fd00::1]' of server group 'bare6' are of different address families"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=t,tun=gue -o sg=bare x",
            "rule 'x': tun=gue needs tun-port"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h,tun=gre -o sg=bare x",
            "rule 'x': tunnel settings are only for type=TUN, not for HALF-NAT"),
        ("create-rule -e -i vip=192.0.2.2,port=80 -m type=h,ops=yes -o sg=bare x",
            "rule 'x': ops is only for UDP, not for TCP"),
        ("create-rule -e -i vip=192.0.2.2,port=80,protocol=SCTP -m type=h -t nat-timeout=60 -o sg=bare x",
            "rule 'x': nat-timeout is only for TCP and UDP: IPVS has no timeout of SCTP that can be set"),
    ];

    public static IEnumerable<(string Line, string Message)> All => WrongInput.Concat(Impossible);
}
