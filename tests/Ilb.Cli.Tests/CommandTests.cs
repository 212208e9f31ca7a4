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
        Assert.Equal("the kernel needs no change\n", await _console.ShowAsync("--dry-run delete-sg web"));
        await _console.ShowAsync("show-sg web");
        Assert.Equal(await _console.ShowAsync("-V"), await _console.ShowAsync("show-rule -V"));
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
            add service TCP 192.0.2.1:80 (wrr)
            add destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)

            """,
            await _console.ShowAsync("create-rule --dry-run -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web"));
        Assert.Equal("the kernel needs no change\n", await _console.ShowAsync("create-rule --dry-run -i vip=192.0.2.1,port=80 -m type=h -o sg=web web"));
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
