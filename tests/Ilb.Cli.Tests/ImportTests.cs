namespace Ilb.Cli.Tests;

public sealed class ImportTests : IDisposable
{
    private readonly Console _console = new();

    public void Dispose() => _console.Dispose();

    private const string Pool = """
        # A pool
        ilbadm create-servergroup web
        add-server -s server=10.0.0.1:8080 web
        ADD-SRV -s server=10.0.0.2:8080,weight=3,enabled=no \
          web   # the second
        create-rl -e -i vip=192.0.2.1,port=80 \
                  -m 'type=HALF-NAT',lbalg="wlc" -o servergroup=web w\e"b"

        """;

    [Fact]
    public async Task Lines_of_subcommands_make_the_configuration()
    {
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        Assert.Equal("TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 1 0 0\nTCP 192.0.2.1:80 -> 10.0.0.2:8080 Masquerading 0 0 0\nTCP 192.0.2.1:80 wlc None", _console.Ipvs.Text);
        Assert.Equal(
            """
            # ilbadm import-config
            create-servergroup web
            add-server -s server=10.0.0.1:8080,id=0 web
            add-server -s server=10.0.0.2:8080,id=1,weight=3,enabled=no web
            create-rule -e -i vip=192.0.2.1,port=80,protocol=TCP -m lbalg=wlc,type=HALF-NAT -o servergroup=web web

            """,
            await _console.ShowAsync("export-config"));
    }

    [Fact]
    public async Task Windows_line_ends_and_a_byte_order_mark_do_not_matter()
    {
        _console.Input = "\uFEFF" + Pool.Replace("\n", "\r\n", StringComparison.Ordinal);
        await _console.DoAsync("import-config -");
        Assert.Equal("web:E\n", await _console.ShowAsync("show-rule -p -o rulename,status"));
    }

    [Fact]
    public async Task The_same_file_twice_changes_nothing_the_second_time()
    {
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        var before = _console.Everything();
        _console.Ipvs.Operations.Clear();
        await _console.DoAsync("import-config");
        Assert.Equal(before, _console.Everything());
        Assert.Empty(_console.Ipvs.Operations);
    }

    [Fact]
    public async Task A_rule_that_stays_the_same_is_not_touched_by_the_replacement_of_the_rest()
    {
        _console.Input = Pool + "create-sg -s server=10.0.0.9 old\ncreate-rule -e -i vip=192.0.2.2,port=80 -m type=h -o servergroup=old old\n";
        await _console.DoAsync("import-config");
        _console.Ipvs.Operations.Clear();
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        Assert.Equal("remove service TCP 192.0.2.2:80", string.Join('\n', _console.Ipvs.Operations));
        Assert.Equal("web\n", await _console.ShowAsync("show-rule -p -o rulename"));
    }

    [Fact]
    public async Task With_p_the_lines_are_added_to_what_is_there()
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.9 old");
        _console.Input = Pool + "add-server -s server=10.0.0.10 old\n";
        await _console.DoAsync("import-config -p");
        Assert.Equal("_old.0\n_old.1\n_web.0\n_web.1\n", await _console.ShowAsync("show-sg -p -o serverid"));
    }

    [Fact]
    public async Task Without_p_a_group_that_stays_keeps_its_counter()
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.8,id=5 web");
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        Assert.Equal(
            """
            create-servergroup --next-id 6 -s server=10.0.0.1:8080,id=0 -s server=10.0.0.2:8080,id=1,weight=3,enabled=no web
            """,
            (await _console.ShowAsync("export-config")).Split('\n')[1]);
    }

    [Fact]
    public async Task Every_error_is_told_with_its_line_and_nothing_changes()
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.9 old");
        var before = _console.Everything();
        _console.Input =
            """
            create-servergroup web
            create-servergroup web
            add-server -s server=10.0.0.1,weight=x web
            add-server -s server=10.0.0.1 other
            add-server -s server=10.0.0.2 web
            add-server -s server=10.0.0.2 \
              web
            show-rule
            import-config x
            delete-rule
            delete-rule --dry-run --config x -a
            create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o servergroup=webb web
            create-rule -e -i vip=127.0.0.1,port=80 -m type=h -o servergroup=web lo
            create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o servergroup=web twice
            add-server -s 'server=10.0.0.4 web
            create-rule -e -i vip=192.0.2.2,port=80 -m type=x -o servergroup=nix web
            """;
        var (status, output, error) = await _console.RunAsync("import-config");
        Assert.Equal((1, ""), (status, output));
        Assert.Equal(
            """
            ilbadm: standard input: line 2: server group 'web' exists already
            ilbadm: standard input: line 3: -s: weight: 'x' is not a number, allowed is 0-65535
            ilbadm: standard input: line 4: server group 'other' does not exist
            ilbadm: standard input: line 6: server group 'web': server '10.0.0.2' is already there as '_web.0' (10.0.0.2)
            ilbadm: standard input: line 8: show-rule does not stand in a file
            ilbadm: standard input: line 9: import-config does not stand in a file
            ilbadm: standard input: line 10: delete-rule: either -a or the names of rules are needed
            ilbadm: standard input: line 11: --config does not stand in a file
            ilbadm: standard input: line 11: --dry-run does not stand in a file
            ilbadm: standard input: line 12: rule 'web': server group 'webb' does not exist
            ilbadm: standard input: line 13: rule 'lo': VIP: 127.0.0.1 is a loopback address, which no client reaches
            ilbadm: standard input: line 14: rule 'twice' overlaps rule 'web': both take TCP 192.0.2.1:80
            ilbadm: standard input: line 15: a quote (') is not closed
            ilbadm: standard input: line 16: -m: type: 'x' is not a topology: it is one of DSR, NAT, HALF-NAT, TUN

            """,
            error);
        Assert.Equal(before, _console.Everything());
    }
}
