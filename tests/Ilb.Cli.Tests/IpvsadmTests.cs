using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Cli.Tests;

/// <summary>What <c>ipvsadm -S</c> prints, imported.</summary>
public sealed class IpvsadmTests : IDisposable
{
    private readonly Console _console = new();

    /// <summary>Services, and the text of the rules and groups that they become.</summary>
    public static TheoryData<string, string> Services => new()
    {
        {
            "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 2 -x 100 -y 50\n-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0",
            """
            create-servergroup tcp-10.0.0.1-80
            add-server -s server=10.1.0.1,id=0,weight=2,max-conn=100,min-conn=50 tcp-10.0.0.1-80
            add-server -s server=10.1.0.2:8080,id=1,weight=0 tcp-10.0.0.1-80
            create-rule -e -i vip=10.0.0.1,port=80,protocol=TCP -m lbalg=wlc,type=HALF-NAT -o servergroup=tcp-10.0.0.1-80 tcp-10.0.0.1-80
            """
        },
        {
            "ipvsadm --add-service --udp-service [2001:db8::1]:5060 --scheduler mh --persistent --netmask 64 --pe sip --sched-flags mh-fallback,mh-port --ops\n"
            + "ipvsadm --add-server --udp-service [2001:db8::1]:5060 --real-server [2001:db8:1::1]:5060 --gatewaying --weight 1",
            """
            create-servergroup udp-2001-db8--1-5060
            add-server -s 'server=[2001:db8:1::1],id=0' udp-2001-db8--1-5060
            create-rule -e -p -i vip=2001:db8::1,port=5060,protocol=UDP -m lbalg=mh,type=DSR,pmask=64,hash-port=yes,fallback=yes,ops=yes,pe=sip -t persist-timeout=360 -o servergroup=udp-2001-db8--1-5060 udp-2001-db8--1-5060
            """
        },
        {
            "-A -f 7 -6 -s lc -p 60\n-a -f 7 -6 -r [2001:db8:1::1]:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum",
            """
            create-servergroup fwmark-7-inet6
            add-server -s 'server=[2001:db8:1::1],id=0' fwmark-7-inet6
            create-rule -e -p -i fwmark=7,family=inet6 -m lbalg=lc,type=TUN,tun=gue,tun-port=6080,tun-csum=remote -o servergroup=fwmark-7-inet6 fwmark-7-inet6
            """
        },
        {
            "-A --sctp-service 10.0.0.1:0 -s sh -p 300 -M 255.255.240.0 -b flag-1,flag-2\n-a --sctp-service 10.0.0.1:0 -r 10.1.0.1:0 -i -w 1 --tun-type ipip",
            """
            create-servergroup sctp-10.0.0.1-all
            add-server -s server=10.1.0.1,id=0 sctp-10.0.0.1-all
            create-rule -e -p -i vip=10.0.0.1,protocol=SCTP -m lbalg=sh,type=TUN,pmask=20,hash-port=yes,fallback=yes -t persist-timeout=300 -o servergroup=sctp-10.0.0.1-all sctp-10.0.0.1-all
            """
        },
    };

    /// <summary>What cannot be a rule, and why.</summary>
    public static TheoryData<string, string> Refused => new()
    {
        { "-C", "line 1: '-C' is neither -A nor -a, which are all that 'ipvsadm -S' prints" },
        { "-A -s rr", "line 1: it has not one of -t, -u, --sctp-service and -f" },
        { "-A -t 10.0.0.1:80 -u 10.0.0.1:80", "line 1: it has not one of -t, -u, --sctp-service and -f" },
        { "-A -t 10.0.0.1:http -s rr", "line 1: '10.0.0.1:http' has no numeric port: print it with 'ipvsadm -Sn'" },
        { "-A -t www:80 -s rr", "line 1: 'www:80' has no numeric address: print it with 'ipvsadm -Sn'" },
        { "-A -t 10.0.0.1:80", "line 1: the service has no server, without which there is no rule" },
        { "-A -t 10.0.0.1:80 -s", "line 1: -s has no value" },
        { "-A -t 10.0.0.1:80 -s rr -w 1", "line 1: '-w' does not go with -A" },
        { "-A -t 10.0.0.1:80 -s rr -s rr", "line 1: -s is given twice" },
        { "-A -t 10.0.0.1:80 -s wr", "line 1: the scheduler 'wr' does not exist; known are rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos" },
        { "-A -t 10.0.0.1:80 -s hash-ip", "line 1: the scheduler 'hash-ip' does not exist; known are rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos" },
        { "-A -t 10.0.0.1:80 -s wlc -b flag-1", "line 1: -b 'flag-1' is nothing that a rule with the scheduler wlc can say: rules have sh-fallback, sh-port, mh-fallback and mh-port" },
        { "-A -t 10.0.0.1:80 -s sh -b flag-3", "line 1: -b 'flag-3' is nothing that a rule with the scheduler sh can say: rules have sh-fallback, sh-port, mh-fallback and mh-port" },
        { "-A -t 10.0.0.1:80 -s wlc --pe sip", "line 1: -M and --pe go with -p only" },
        { "-A -t 10.0.0.1:80 -s wlc -p 60 -M 255.0.255.0", "line 1: -M '255.0.255.0' has holes, which a rule's pmask cannot say" },
        { "-A -t 10.0.0.1:80 -s wlc -p 0", "line 1: -p '0' is not a number from 1 to 2147483647" },
        { "-A -f 0 -s wlc", "line 1: -f '0' is not a mark from 1 to 4294967295" },
        { "-A -f 4294967296 -s wlc", "line 1: -f '4294967296' is not a mark from 1 to 4294967295" },
        { "-A -f -2147483649 -s wlc", "line 1: -f '-2147483649' is not a mark from 1 to 4294967295" },
        { "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1", "line 1: there is no such service (-A) before it" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g", "line 3: its forwarding is another than in line 2, but all servers of a rule have one" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i --tun-type gre --tun-csum\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -i", "line 3: its forwarding is another than in line 2, but all servers of a rule have one" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:81 -g", "line 2: with -g the port stays 80, it cannot become 81" },
        { "-A -f 7 -s rr\n-a -f 7 -r 10.1.0.1:81 -i", "line 2: with -i the port stays as it is, it cannot become 81" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 65536", "line 2: -w '65536' is not a number from 0 to 65535" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -i", "line 2: more than one way of forwarding is given" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m --tun-port 1", "line 2: --tun-type and its kin go with -i only" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -m", "line 2: -r is missing" },
        { "-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "line 2: the service is there already, by line 1" },
        { "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "line 3: server group 'tcp-10.0.0.1-80': server '10.1.0.1' is already there as '_tcp-10.0.0.1-80.0' (10.1.0.1)" },
        { "-A -t 10.0.0.1:80 -s rr -o\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "line 1: rule 'tcp-10.0.0.1-80': ops is only for UDP, not for TCP" },
    };

    public void Dispose() => _console.Dispose();

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_becomes_a_group_and_an_enabled_rule(string services, string commands)
    {
        _console.Input = services;
        await _console.DoAsync("import-config");
        Assert.Equal($"# ilbadm import-config\n{commands}\n", await _console.ShowAsync("export-config"));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_a_rule_is_refused_by_line(string services, string message)
    {
        await _console.DoAsync("create-servergroup old");
        var before = _console.Everything();
        _console.Input = services;
        Assert.Equal((1, "", $"ilbadm: standard input: {message}\n"), await _console.RunAsync("import-config", "--from", "ipvsadm"));
        Assert.Equal(before, _console.Everything());
    }

    [Fact]
    public async Task A_mark_that_ipvsadm_prints_as_a_negative_number_is_the_kernels()
    {
        _console.Input = "-A -f -1 -s wlc\n-a -f -1 -r 10.1.0.1:0 -g -w 1\n-A -f -2147483648 -s wlc\n-a -f -2147483648 -r 10.1.0.1:0 -g -w 1\n";
        await _console.DoAsync("import-config");
        Assert.Equal("fwmark-4294967295\nfwmark-2147483648\n", await _console.ShowAsync("show-rule -p -o rulename"));
        Assert.Contains("FWM 4294967295 ", _console.Ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_weights_that_rr_ignores_become_1_and_that_is_said()
    {
        _console.Input = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 0\n-A -t 10.0.0.1:81 -s rr\n-a -t 10.0.0.1:81 -r 10.1.0.1:81 -m -w 1\n";
        Assert.Equal((0, "", "ilbadm: standard input: line 1: ipvsadm's rr ignores weights, a rule respects them: those that are not 0 become 1\n"), await _console.RunAsync("import-config", "--from", "ipvsadm"));
        Assert.Equal(
            """
            TCP 10.0.0.1:80 -> 10.1.0.1:80 Masquerading 1 0 0
            TCP 10.0.0.1:80 -> 10.1.0.2:80 Masquerading 0 0 0
            TCP 10.0.0.1:80 wrr None
            TCP 10.0.0.1:81 -> 10.1.0.1:81 Masquerading 1 0 0
            TCP 10.0.0.1:81 wrr None
            """,
            _console.Ipvs.Text);
    }

    [Fact]
    public async Task A_service_that_is_in_the_kernel_is_taken_over_only_if_asked()
    {
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("10.0.0.1"), 80);
        _console.Ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = key, Scheduler = "rr" } });
        _console.Ipvs.Do(new IpvsOperation.AddDestination { Service = key, Destination = new IpvsDestination { Address = IPAddress.Parse("10.1.0.1"), Port = 80, Weight = 5 } });
        var before = _console.Ipvs.Text;
        _console.Input = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5\n";
        Assert.Equal(
            (1, "", """
                ilbadm: standard input: line 1: rule 'tcp-10.0.0.1-80': the kernel already has a service TCP 10.0.0.1:80 that somebody else has made (see 'ipvsadm -Ln'): remove it there, or choose another VIP or port
                ilbadm: standard input: with --adopt, services of others that have the same servers are taken over

                """),
            await _console.RunAsync("import-config"));
        Assert.Equal(before, _console.Ipvs.Text);
        _console.Ipvs.Operations.Clear();
        Assert.Equal(0, (await _console.RunAsync("import-config", "--adopt")).Status);
        Assert.Equal("TCP 10.0.0.1:80 -> 10.1.0.1:80 Masquerading 1 0 0\nTCP 10.0.0.1:80 wrr None", _console.Ipvs.Text);
        Assert.All(_console.Ipvs.Operations, static operation => Assert.True(operation is IpvsOperation.UpdateService or IpvsOperation.UpdateDestination));
    }
}
