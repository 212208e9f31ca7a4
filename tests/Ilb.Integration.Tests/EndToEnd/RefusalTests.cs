using System.Text;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>What is refused: the message, exit status 1, and that neither the kernel nor the folder of the configuration has changed by a byte.</summary>
public sealed partial class RefusalTests : KernelTest
{
    private const string Nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";

    [Fact]
    public Task Wrong_input() => RefusesAsync(
    [
        ("", "ilbadm create-sg -s server=10.0.0.300 x", "-s: server: '10.0.0.300' is not an IPv4 or IPv6 address"),
        ("", "ilbadm create-sg -s server=10.0.0.1,[2001:db8::1] x", "server group 'x': server '[2001:db8::1]' is of another address family than the servers before it"),
        ("", "ilbadm create-sg -s server=10.0.0.1:80,10.0.0.1:80 x", "server group 'x': server '10.0.0.1:80' is already there as '_x.0' (10.0.0.1:80)"),
        ("", "ilbadm create-sg web", "server group 'web' exists already"),
        ("", "ilbadm create-sg 0123456789012345678901234567890123456789012345678901234567890123", "server group '0123456789012345678901234567890123456789012345678901234567890123': the name has 64 characters, at most 63 are allowed"),
        ("", "ilbadm create-sg -s servr=10.0.0.1 x", "-s: unknown key 'servr' (did you mean 'server'?)"),
        ("", "ilbadm create-sg -s weight=1 x", "-s: server= is missing"),
        ("", "ilbadm delete-sg web", "server group 'web' is used by rule 'web'"),
        ("", "ilbadm add-server -s server=10.0.0.1:8080 web", "server group 'web': server '10.0.0.1:8080' is already there as '_web.0' (10.0.0.1:8080)"),
        ("", "ilbadm add-server -s server=10.0.0.1 none", "server group 'none' does not exist"),
        ("", "ilbadm disable-server _web.0 _web.9", "server '_web.9' does not exist"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.300,port=80 -m type=h -o sg=web x", "-i: vip: '192.0.2.300' is not an IPv4 or IPv6 address"),
        ("", "ilbadm create-rule -e -i vip=127.0.0.1,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 127.0.0.1 is a loopback address, which no client reaches"),
        ("", "ilbadm create-rule -e -i vip=224.0.0.1,port=80 -m type=h -o sg=web x", "rule 'x': VIP: 224.0.0.1 is a multicast address"),
        ("", "ilbadm create-rule -e -i vip=2001:db8::1,port=80 -m type=h -o sg=web x", "rule 'x': VIP 2001:db8::1 and server '10.0.0.1:8080' of server group 'web' are of different address families"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=65536 -m type=h -o sg=web x", "-i: port: '65536' is neither a port (1-65535) nor the name of a TCP service"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=none x", "rule 'x': server group 'none' does not exist"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=empty x", "rule 'x': server group 'empty' has no server"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web x", "rule 'x' overlaps rule 'web': both take TCP 192.0.2.1:80"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=web web", "rule 'web' exists already"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.9,port=80 -m type=h -o sg=web x", "rule 'x': the kernel already has a service TCP 192.0.2.9:80 that somebody else has made"),
        ("", "ilbadm create-rule -e -i port=80 -m type=h -o sg=web x", "-i: vip= is missing"),
        ("", "ilbadm delete-rule web none", "rule 'none' does not exist"),
        ("", "ilbadm show-rule -o vipp", "-o: unknown column 'vipp' (did you mean 'VIP'?)"),
        ("", "ilbadm show-rule -p", "-p needs -o with the columns"),
        ("", "ilbadm frob", "unknown subcommand 'frob'"),
    ]);

    [Fact]
    public Task What_the_kernel_cannot_do() => RefusesAsync(
    [
        ("ilbadm create-sg -s server=10.0.0.1 bare; ilbadm create-sg -s server=[fd00::1] bare6; ilbadm create-sg -s server=10.0.0.1:9000-9010 range; ilbadm create-sg -s server=10.0.0.1:9000-19999 long", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=DSR a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=t -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's port 80: with type=TUN a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=7000-7010 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's ports 7000-7010: with type=DSR a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=7000-7010 -m type=t -o sg=range x", "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's ports 7000-7010: with type=TUN a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's all ports: with type=DSR a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2 -m type=t -o sg=range x", "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's all ports: with type=TUN a server has no port or exactly the rule's"),
        ("", "ilbadm create-rule -e -i fwmark=7 -m type=d -o sg=web x", "rule 'x': server '10.0.0.1:8080' of server group 'web' does not match the rule's fwmark 7 inet: with type=DSR a server has no port"),
        ("", "ilbadm create-rule -e -i fwmark=7 -m type=h -o sg=range x", "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's fwmark 7 inet: with type=HALF-NAT a server has no port or one port"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=7000-7011 -m type=h -o sg=range x", "rule 'x': server '10.0.0.1:9000-9010' of server group 'range' does not match the rule's ports 7000-7011: with type=HALF-NAT a server has no port, one port, or as many as the rule"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=20000-30999 -m type=h -o sg=long x", "rule 'x': ports 20000-30999 are mapped one by one to those of server group 'long', which needs a service of the kernel for each: at most 1024 are allowed"),
        ("", "ilbadm create-rule -e -p -i vip=192.0.2.2 -m type=h -o sg=web x", "rule 'x': all ports cannot become the one port of server '10.0.0.1:8080' of server group 'web' for sticky clients"),
        ("", "ilbadm create-rule -e -p -i vip=192.0.2.2,port=7000-7010 -m type=h -o sg=web x", "rule 'x': ports 7000-7010 cannot become the one port of server '10.0.0.1:8080' of server group 'web' for sticky clients, unless the algorithm is a hash of the client's whole address and each server has one port"),
        ("", "ilbadm create-rule -e -p -i vip=192.0.2.2,port=7000-7010 -m type=h,lbalg=hash-ip -o sg=range x", "rule 'x': ports 7000-7010 cannot become the ports of server '10.0.0.1:9000-9010' of server group 'range' for sticky clients, unless the algorithm is sh"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=n -o sg=bare x", "rule 'x': type=NAT needs proxy-src"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=n,proxy-src=fd00::9 -o sg=bare x", "rule 'x': proxy-src fd00::9 is not of the VIP's address family"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h,proxy-src=10.0.0.9 -o sg=bare x", "rule 'x': proxy-src is only for type=NAT, not for HALF-NAT"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=t -o sg=bare6 x", "rule 'x': VIP 192.0.2.2 and server '[fd00::1]' of server group 'bare6' are of different address families"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=t,tun=gue -o sg=bare x", "rule 'x': tun=gue needs tun-port"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h,tun=gre -o sg=bare x", "rule 'x': tunnel settings are only for type=TUN, not for HALF-NAT"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80 -m type=h,ops=yes -o sg=bare x", "rule 'x': ops is only for UDP, not for TCP"),
        ("", "ilbadm create-rule -e -i vip=192.0.2.2,port=80,protocol=SCTP -m type=h -t nat-timeout=60 -o sg=bare x", "rule 'x': nat-timeout is only for TCP and UDP: IPVS has no timeout of SCTP that can be set"),
    ]);

    [Fact]
    public Task A_file_that_cannot_be_taken() => RefusesAsync(
    [
        ("echo '{ x' >ilb.json", "ilbadm disable-rule web", "DIR/ilb.json:1: 'x' is an invalid start of a property name"),
        (": >ilb.json", "ilbadm disable-rule web", "DIR/ilb.json:1: the file is empty"),
        ("""head -c 100 "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json:"),
        ("""sed 's/"format": 1/"format": 2/' "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json: it has format 2, this version knows only 1: use a newer version"),
        ("""sed 's/"serverGroup": "web"/"serverGroup": "wep"/' "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json:"),
        ("""sed 's/"10.0.0.1"/"127.0.0.1"/' "$SCRATCH/file" >ilb.json""", "ilbadm enable-rule web", "DIR/ilb.json:9: server: 127.0.0.1 is a loopback address, which no client reaches"),
        ("""sed 's/"roundrobin"/"rr"/' "$SCRATCH/file" >ilb.json""", "ilbadm enable-rule web", "DIR/ilb.json:"),
        ("rm ilb.json", "ilbadm enable-rule web", "DIR/ilb.json is gone, but instance 'ilb' still forwards what it asked for: bring it back"),
        ("rm ilb.json", "ilbadm show-rule", "DIR/ilb.json is gone, but instance 'ilb' still forwards what it asked for: bring it back"),
        ("", "ilbadm show-rule --config ibl.json", "instance 'ilb' forwards what DIR/ilb.json asks for, not DIR/ibl.json: use that one"),
        ("mkdir ilb.json", "ilbadm enable-rule web", "cannot read DIR/ilb.json: it is a folder"),
        ("rmdir ilb.json; mkfifo ilb.json", "ilbadm enable-rule web", "cannot read DIR/ilb.json: "),
        ("""rm ilb.json; cp "$SCRATCH/file" other.json; cp "$SCRATCH/file" ilb.json""", "ilbadm enable-rule web --config other.json", "instance 'ilb' forwards what DIR/ilb.json asks for, not DIR/other.json"),
    ]);

    [Fact]
    public Task No_privilege() => RefusesAsync(
    [
        ("chmod 755 .", $"{Nobody} ilbadm disable-rule web", "cannot open /run/ilb/ilb-N.lock: permission denied; changes need root"),
        ("chmod 600 ilb.json", $"{Nobody} ilbadm show-rule", "cannot read DIR/ilb.json: permission denied"),
        ("", "setpriv --bounding-set=-net_admin --inh-caps=-net_admin ilbadm disable-rule web", "no permission to use the kernel's IPVS: run as root, or with the capability CAP_NET_ADMIN"),
    ]);

    [Fact]
    public Task A_disk_that_takes_nothing() => RefusesAsync(
        [
            ("dd if=/dev/zero of=fill bs=1k 2>/dev/null", "ilbadm create-sg -s server=10.1.0.1-10.1.0.200 x", "cannot save DIR/ilb.json: No space left on device"),
            ("", "ilbadm export-config saved", "cannot write 'saved': No space left on device"),
            ("rm fill; mount -o remount,ro .", "ilbadm disable-rule web", "cannot save DIR/ilb.json: Read-only file system"),
            ("mount -o remount,rw .; mount -t tmpfs -o ro none /run/ilb", "ilbadm disable-rule web", "cannot open /run/ilb/ilb-N.lock: Read-only file system"),
        ],
        "mount -t tmpfs -o size=32k none .; cd .");

    [Fact]
    public async Task An_edit_by_hand_is_taken_by_the_next_command()
    {
        using var ilbadm = new Ilbadm(Space);
        await ilbadm.RunAsync("create-servergroup -s server=10.0.0.1:8080 web");
        await ilbadm.RunAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o servergroup=web web");
        await ilbadm.ScriptAsync("""sed -i 's/"weight": 1/"weight": 7/; s/"ports": 80,/"ports": 81,/' "$ILB_CONFIG" """);
        await ilbadm.RunAsync("enable-rule web");
        Assert.Equal("-A -t 192.0.2.1:81 -s wrr\n-a -t 192.0.2.1:81 -r 10.0.0.1:8080 -m -w 7\n", (await Space.IpvsadmAsync("-Sn")).Replace(" \n", "\n", StringComparison.Ordinal));
    }

    // Each case: what the shell prepares, the command, and what its first line of errors begins with.
    private async Task RefusesAsync((string Prepare, string Run, string Message)[] cases, string folder = "")
    {
        using var ilbadm = new Ilbadm(Space);
        var script = new StringBuilder($$"""
            {{folder}}
            SCRATCH=$(mktemp -d)
            ipvsadm -A -t 192.0.2.9:80 -s sh
            ilbadm create-sg -s server=10.0.0.1:8080 web
            ilbadm create-sg empty
            ilbadm create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web
            cp ilb.json "$SCRATCH/file"
            state() { ipvsadm -Sn; for file in * .[!.]*; do ls -ld --time-style=full-iso "$file"; [ ! -f "$file" ] || cat "$file"; done; }
            refused() {
                state >"$SCRATCH/before"
                "$@" >"$SCRATCH/said" 2>&1
                status=$?
                state >"$SCRATCH/after"
                echo "## $status $(cmp "$SCRATCH/before" "$SCRATCH/after" && echo unchanged) $(head -n 1 "$SCRATCH/said")"
            }

            """);
        foreach (var (prepare, run, _) in cases)
            script.Append($"{prepare}\nrefused {run}\n");
        // Mounts of the script are gone with it: they are in a mount namespace of its own.
        var output = (await ilbadm.ScriptAsync(script.ToString())).Replace(Path.GetDirectoryName(ilbadm.ConfigurationPath)!, "DIR", StringComparison.Ordinal);
        var lines = Number().Replace(output, "ilb-N").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cases.Length, lines.Length);
        var wrong = cases.Zip(lines).Where(static pair => !pair.Second.StartsWith($"## 1 unchanged ilbadm: {pair.First.Message}", StringComparison.Ordinal)).Select(static pair => $"{pair.First.Run}\n{pair.Second}").ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [GeneratedRegex(@"ilb-\d+")]
    private static partial Regex Number();
}
