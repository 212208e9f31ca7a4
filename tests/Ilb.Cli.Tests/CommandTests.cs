using System.Text;

namespace Ilb.Cli.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly Console _console = new();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_group_that_is_named_twice_is_deleted_once()
    {
        await _console.DoAsync("create-sg web");
        await _console.DoAsync("delete-sg web web");
    }

    [Fact]
    public async Task Options_may_stand_before_the_subcommand()
    {
        await _console.DoAsync("create-sg web");
        Assert.Equal("configuration: delete server group 'web'\nkernel: no change\n", await _console.ShowAsync("--dry-run delete-sg web"));
        await _console.ShowAsync("show-sg web");
        Assert.Equal(await _console.ShowAsync("-V"), await _console.ShowAsync("show-rule -V"));
    }

    [Fact]
    public async Task The_value_of_an_option_before_the_subcommand_is_not_taken_for_it()
    {
        await SetUpAsync();
        Assert.Equal("RULENAME\nweb\n", await _console.ShowAsync("-o rulename show-rule web"));
        await _console.DoAsync("-g web disable-server");
        await _console.DoAsync("-s server=10.0.0.9 add-server web");
    }

    [Fact]
    public async Task A_name_is_not_taken_for_the_value_of_a_flag()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1 g");
        await _console.DoAsync("create-rule -i vip=192.0.2.1,port=80 -m type=h -o sg=g -e true");
        Assert.Equal("RULENAME STATUS\ntrue     E\n", await _console.ShowAsync("show-rule -o rulename,status -e true"));
    }

    [Fact]
    public async Task An_IPv4_address_of_one_link_can_be_a_VIP()
    {
        await _console.DoAsync("create-sg -s server=169.254.0.1 g");
        await _console.DoAsync("create-rule -e -i vip=169.254.9.9,port=80 -m type=h -o sg=g r");
        Assert.Contains("169.254.9.9:80", _console.Ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_kernel_holds_of_a_rule_is_shown_on_request()
    {
        await SetUpAsync();
        await _console.DoAsync("create-rule -e -i vip=192.0.2.2,port=80 -m type=h -o sg=web other");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.3,port=80 -m type=h -o sg=web third");
        Assert.True(_console.Ipvs.Do(new Netlink.Ipvs.IpvsOperation.RemoveService { Service = Key("192.0.2.2") }));
        Assert.True(_console.Ipvs.Do(new Netlink.Ipvs.IpvsOperation.RemoveDestination { Service = Key("192.0.2.3"), Address = NumericAddress.Parse("10.0.0.1"), Port = 8080 }));
        Assert.Equal(
            """
            RULENAME KERNEL
            web      complete
            dns      absent
            other    missing
            third    different

            """,
            await _console.ShowAsync("show-rule -o rulename,kernel"));
        _console.Ipvs.Broken = new IlbException(IlbErrorCode.PermissionDenied, "only root may look");
        Assert.DoesNotContain("KERNEL", await _console.ShowAsync("show-rule -o all") + await _console.ShowAsync("show-rule -f"), StringComparison.Ordinal);
        Assert.Equal((1, "", "ilbadm: only root may look\n"), await _console.RunAsync("show-rule", "-o", "kernel"));

        static Netlink.Ipvs.IpvsServiceKey Key(string vip) => Netlink.Ipvs.IpvsServiceKey.ForAddress(Netlink.Ipvs.IpvsProtocol.Tcp, NumericAddress.Parse(vip), 80);
    }

    [Fact]
    public async Task A_dry_run_says_which_step_will_fail()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1 g");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=g r");
        // Whose the services are is forgotten, and one is not as it was asked for.
        Directory.Delete(Path.Combine(Path.GetDirectoryName(_console.ConfigurationPath)!, "run"), recursive: true);
        Assert.True(_console.Ipvs.Do(new Netlink.Ipvs.IpvsOperation.UpdateService
        {
            Service = new() { Key = Netlink.Ipvs.IpvsServiceKey.ForAddress(Netlink.Ipvs.IpvsProtocol.Tcp, NumericAddress.Parse("192.0.2.1"), 80), Scheduler = "lc" },
        }));
        Assert.Equal(
            """
            configuration: create server group 'x'
            kernel: add service TCP 192.0.2.1:80 (wrr), which will fail: rule 'r': the kernel already has a service TCP 192.0.2.1:80 that somebody else has made (see 'ipvsadm -Ln'): remove it there, or choose another VIP or port

            """,
            await _console.ShowAsync("create-sg --dry-run x"));
    }

    [Fact]
    public async Task From_a_server_group_to_forwarding_and_back()
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.1-10.0.0.2:8080 -s server=10.0.0.3,weight=3,max-conn=100,min-conn=50 web");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=http -m lbalg=rr,type=h -o servergroup=web web");
        Assert.Equal(
            """
            TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 1 0 0
            TCP 192.0.2.1:80 -> 10.0.0.2:8080 Masquerading 1 0 0
            TCP 192.0.2.1:80 -> 10.0.0.3:80 Masquerading 3 100 50
            TCP 192.0.2.1:80 wrr None
            """,
            _console.Ipvs.Text);
        await _console.DoAsync("disable-server _web.0");
        Assert.Contains("10.0.0.1:8080 Masquerading 0", _console.Ipvs.Text, StringComparison.Ordinal);
        await _console.DoAsync("enable-server _web.0 _web.1");
        await _console.DoAsync("remove-server -s server=_web.0,10.0.0.2 web");
        await _console.DoAsync("add-server -s server=10.0.0.4:81 web");
        Assert.Equal("TCP 192.0.2.1:80 -> 10.0.0.3:80 Masquerading 3 100 50\nTCP 192.0.2.1:80 -> 10.0.0.4:81 Masquerading 1 0 0\nTCP 192.0.2.1:80 wrr None", _console.Ipvs.Text);
        await _console.DoAsync("disable-rule");
        Assert.Equal("", _console.Ipvs.Text);
        await _console.DoAsync("enable-rule web");
        Assert.NotEqual("", _console.Ipvs.Text);
        await _console.DoAsync("delete-rule -a");
        await _console.DoAsync("delete-servergroup web");
        Assert.Equal("", _console.Ipvs.Text);
        Assert.Equal("RULENAME STATUS LBALG TYPE PROTOCOL VIP PORT\n", await _console.ShowAsync("show-rule"));
    }

    [Theory]
    [InlineData("create-rl -e -i vip=[2001:db8::1],port=53,prot=udp -m topo=d,algo=hipp -o servergroup=six r", "UDP [2001:db8::1]:53 -> [2001:db8:1::1]:53 DirectRouting 1 0 0\nUDP [2001:db8::1]:53 mh Flag1, Flag2")]
    [InlineData("CREATE-RULE -e -i VIP=2001:db8::1,PORT=53,PROTOCOL=Sctp -m TYPE=Tun,LBALG=LC -o SG=six r", "SCTP [2001:db8::1]:53 -> [2001:db8:1::1]:53 Tunnel 1 0 0\nSCTP [2001:db8::1]:53 lc None")]
    [InlineData("create-rule --enable --incoming vip=2001:db8::1,port=53 --method type=HALF-NAT --outgoing servergroup=six r", "TCP [2001:db8::1]:53 -> [2001:db8:1::1]:53 Masquerading 1 0 0\nTCP [2001:db8::1]:53 wrr None")]
    [InlineData("create-rule -e -i port=\"53\",vip=\"2001:db8::1\" -m type=\"h\" -o sg=s\"i\"x r", "TCP [2001:db8::1]:53 -> [2001:db8:1::1]:53 Masquerading 1 0 0\nTCP [2001:db8::1]:53 wrr None")]
    [InlineData("create-rule -i vip=2001:db8::1,port=53 -m type=h -o sg=six r", "")]
    public async Task A_rule_is_written_in_many_ways(string line, string expected)
    {
        await _console.DoAsync("create-sg --server server=[2001:db8:1::1] six");
        await _console.DoAsync(line);
        Assert.Equal(expected.Replace("Flag1, Flag2", "Fallback, Port", StringComparison.Ordinal), _console.Ipvs.Text);
    }

    [Fact]
    public async Task Tables_have_the_originals_columns()
    {
        await SetUpAsync();
        Assert.Equal(
            """
            RULENAME STATUS LBALG      TYPE     PROTOCOL VIP         PORT
            web      E      roundrobin HALF-NAT TCP      192.0.2.1   80
            dns      D      hash-ip    DSR      UDP      2001:db8::1 53

            """,
            await _console.ShowAsync("show-rule"));
        Assert.Equal(
            """
            SGNAME SERVERID MINPORT MAXPORT IP_ADDRESS
            web    _web.0   8080    8080    10.0.0.1
            web    _web.1   --      --      10.0.0.2
            dns    _dns.0   --      --      2001:db8:1::1
            empty  --       --      --      --

            """,
            await _console.ShowAsync("show-sg"));
        Assert.Equal(
            """
            SERVERID ADDRESS       PORT RULENAME STATUS SERVERGROUP
            _web.0   10.0.0.1      8080 web      E      web
            _web.1   10.0.0.2      80   web      D      web
            _dns.0   2001:db8:1::1 53   dns      E      dns

            """,
            await _console.ShowAsync("show-server"));
    }

    [Theory]
    [InlineData("show-rule -e", "web")]
    [InlineData("show-rule -d", "dns")]
    [InlineData("show-rule dns", "dns")]
    [InlineData("show-rl --enabled web dns", "web")]
    public async Task Rules_are_chosen(string line, string expected)
    {
        await SetUpAsync();
        Assert.Equal([expected], (await _console.ShowAsync(line)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static row => row.Split(' ')[0]));
    }

    [Theory]
    [InlineData("show-rule -p -o rulename,vip,hc-name", "web:192.0.2.1:\ndns:2001\\:db8\\:\\:1:\n")]
    [InlineData("show-rule -o PORT,RuleName web", "PORT RULENAME\n80   web\n")]
    [InlineData("show-rule -o port -o rulename web", "PORT RULENAME\n80   web\n")]
    [InlineData("show-server -p -o serverid,hostname dns", "_dns.0:\n")]
    [InlineData("show-servergroup -p -o sgname,serverid,weight empty web", "web:_web.0:1\nweb:_web.1:2\nempty::\n")]
    [InlineData("show-sg -o all empty", "SGNAME SERVERID MINPORT MAXPORT IP_ADDRESS HOSTNAME STATUS WEIGHT MAX-CONN MIN-CONN\nempty  --       --      --      --         --       --     --     --       --\n")]
    public async Task Columns_are_chosen(string line, string expected)
    {
        await SetUpAsync();
        Assert.Equal(expected, await _console.ShowAsync(line));
    }

    [Fact]
    public async Task Full_output_is_a_value_a_line()
    {
        await SetUpAsync();
        var text = await _console.ShowAsync("show-rule -f");
        Assert.StartsWith("         RULENAME: web\n           STATUS: E\n            LBALG: roundrobin\n", text, StringComparison.Ordinal);
        Assert.Contains("      SERVERGROUP: web\n          SERVERS: _web.0,_web.1\n", text, StringComparison.Ordinal);
        Assert.Contains("QUORUM-HYSTERESIS: --\n\n         RULENAME: dns\n", text, StringComparison.Ordinal);
        Assert.Contains("PERSIST-TIMEOUT: --\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_is_that_of_the_configuration()
    {
        await SetUpAsync();
        var rules = IlbJson.Serialize(new Configuration { Rules = [(await ConfigurationAsync()).FindRule("dns")!] });
        Assert.Equal(Encoding.UTF8.GetString(rules), await _console.ShowAsync("show-rule --json dns"));
        var groups = IlbJson.DeserializeConfiguration(Encoding.UTF8.GetBytes(await _console.ShowAsync("show-sg --json")));
        Assert.Equal((await ConfigurationAsync()).ServerGroups, groups.ServerGroups);
        Assert.Equal(
            """
            {
              "format": 1,
              "servers": [
                {
                  "id": "_dns.0",
                  "address": "2001:db8:1::1",
                  "ports": 53,
                  "rule": "dns",
                  "enabled": true,
                  "serverGroup": "dns"
                }
              ]
            }

            """,
            await _console.ShowAsync("show-server --json dns"));
    }

    [Fact]
    public async Task A_dry_run_prints_the_steps()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1:8080 web");
        var before = _console.Everything();
        Assert.Equal(
            """
            configuration: create rule 'web'
            kernel: add service TCP 192.0.2.1:80 (wrr)
            kernel: add destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)

            """,
            await _console.ShowAsync("create-rule --dry-run -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web"));
        Assert.Equal("configuration: create rule 'web', disabled\nkernel: no change\n", await _console.ShowAsync("create-rule --dry-run -i vip=192.0.2.1,port=80 -m type=h -o sg=web web"));
        Assert.Equal(before, _console.Everything());
    }

    [Fact]
    public async Task What_the_kernel_refused_is_told_with_exit_status_3()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1 web");
        _console.Ipvs.Refuse = static operation => operation is Netlink.Ipvs.IpvsOperation.AddDestination ? 12 : 0;
        var (status, output, error) = await _console.RunAsync("create-rule", "-e", "-i", "vip=192.0.2.1,port=80", "-m", "type=h", "-o", "sg=web", "web");
        Assert.Equal((3, "",
            "ilbadm: could not add destination 10.0.0.1:80 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1): errno 12 (errno 12)\nilbadm: the configuration is saved, but the kernel does not hold all of it yet; the next command tries again\n"),
            (status, output, error));
        _console.Ipvs.Refuse = static _ => 0;
        await _console.DoAsync("create-sg other");
        Assert.Contains("10.0.0.1:80", _console.Ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_and_the_instance_are_chosen()
    {
        await _console.ShowAsync("show-rule");
        Assert.Equal(("ilb", null), (_console.Opened!.Instance, _console.Opened.ConfigurationPath));
        _console.Variables["ILB_CONFIG"] = "/variable.json";
        await _console.ShowAsync("show-rule --instance two");
        Assert.Equal(("two", "/variable.json"), (_console.Opened.Instance, _console.Opened.ConfigurationPath));
        await _console.ShowAsync("--config /option.json --local show-rule");
        Assert.Equal("/option.json", _console.Opened.ConfigurationPath);
        await _console.ShowAsync("show-rule --config=/other.json");
        Assert.Equal("/other.json", _console.Opened.ConfigurationPath);
        _console.Variables["ILB_CONFIG"] = "";
        await _console.ShowAsync("show-rule");
        Assert.Null(_console.Opened.ConfigurationPath);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-?")]
    [InlineData("create-rule --help")]
    [InlineData("create-rl -?")]
    [InlineData("show-servergroup --help")]
    public async Task Help_has_examples(string line)
    {
        var text = await _console.ShowAsync(line);
        Assert.Contains("Usage:\n  ", text, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  ilbadm ", text, StringComparison.Ordinal);
        Assert.Null(_console.Opened);
    }

    [Fact]
    public async Task Without_arguments_there_is_help() => Assert.Contains("create-servergroup", (await _console.RunAsync()).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public async Task The_version_is_told(string line) => Assert.Matches("^ilbadm [0-9]+\\.[0-9]+\\.[0-9]+\n$", await _console.ShowAsync(line));

    [Fact]
    public async Task The_help_of_a_subcommand_lists_keys_words_and_defaults()
    {
        var text = (await _console.ShowAsync("create-rule -?")).Replace("\n", " ", StringComparison.Ordinal);
        foreach (var word in AlgorithmNames.All.Concat(TopologyNames.All).Concat(TunnelKindNames.All).Concat(["(d)", "(h)", "(n)", "(t)", "(rr,", "(hip)", "(hipp)", "(hipv)", "prot=", "hcn=", "nat-src=", "default TCP", "[-p]", "alias create-rl", "NAME"]))
            Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.Contains("[ID...]", await _console.ShowAsync("set-server -?"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_lists_subcommands_with_their_alias_and_exit_statuses()
    {
        var text = await _console.ShowAsync("--help");
        foreach (var verb in Commands.Verbs.All)
            Assert.Contains(verb.Alias is null ? $"  {verb.Name} " : $"  {verb.Name}, {verb.Alias} ", text, StringComparison.Ordinal);
        Assert.Contains("Exit status:\n  0  done and in the kernel\n  1  refused", text, StringComparison.Ordinal);
        Assert.Contains("\n  3  saved, but", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_subcommand_has_help_with_an_example()
    {
        foreach (var verb in Commands.Verbs.All.Select(static verb => verb.Name))
            Assert.Contains($"Examples:\n  ilbadm {verb}", await _console.ShowAsync($"{verb} --help"), StringComparison.Ordinal);
    }

    private async Task<Configuration> ConfigurationAsync() => IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(_console.ConfigurationPath));

    private async Task SetUpAsync()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1:8080 -s server=10.0.0.2,weight=2 web");
        await _console.DoAsync("create-sg -s server=[2001:db8:1::1] dns");
        await _console.DoAsync("create-sg empty");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web");
        await _console.DoAsync("create-rule -i vip=2001:db8::1,port=domain,protocol=UDP -m type=d,lbalg=hip -o sg=dns dns");
        await _console.DoAsync("disable-server _web.1");
    }
}
