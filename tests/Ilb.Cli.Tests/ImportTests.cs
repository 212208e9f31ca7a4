using Ilb.Testing;

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

    [RandomWalk(20, 50)]
    public async Task What_is_exported_is_imported_as_it_was(int seed)
    {
        var configuration = Generate.Configuration(new Random(seed));
        var expected = IlbJson.Serialize(configuration);
        await File.WriteAllBytesAsync(_console.ConfigurationPath, expected);
        foreach (var form in new[] { "export-config", "export-config --json" })
        {
            using var other = new Console();
            other.Input = await _console.ShowAsync(form);
            await other.DoAsync("import-config");
            Assert.Equal(configuration, IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(other.ConfigurationPath)));
        }
    }

    [RandomWalk(40, 100)]
    public async Task A_damaged_file_is_imported_whole_or_refused_by_line(int seed)
    {
        var random = new Random(seed);
        await File.WriteAllBytesAsync(_console.ConfigurationPath, IlbJson.Serialize(Generate.Configuration(random)));
        var text = (await _console.ShowAsync(random.Next(4) == 0 ? "export-config --json" : "export-config")).ToCharArray().ToList();
        for (var i = random.Next(1, 4); i > 0 && text.Count > 1; i--)
        {
            var place = random.Next(1, text.Count);
            switch (random.Next(3))
            {
                case 0:
                    text.RemoveRange(place, Math.Min(random.Next(1, 20), text.Count - place));
                    break;
                case 1:
                    text.InsertRange(place, GenerateEverything.Text(random));
                    break;
                default:
                    text[place] = text[random.Next(text.Count)];
                    break;
            }
        }

        using var other = new Console();
        await other.DoAsync("create-servergroup -s server=10.0.0.99 old");
        var before = other.Everything();
        other.Input = string.Concat(text);
        var (status, output, error) = await other.RunAsync("import-config");
        Assert.Equal("", output);
        if (status == 0)
            return;
        Assert.Equal(1, status);
        Assert.Equal(before, other.Everything());
        Assert.All(error.TrimEnd('\n').Split('\n'), static line => Assert.StartsWith("ilbadm: standard input: line ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_is_written_whole_and_read_again()
    {
        using var folder = new TemporaryFolder();
        var (path, link) = (folder.File("pool.cf"), folder.File("link.cf"));
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        await File.WriteAllTextAsync(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(link, path);
        await _console.DoAsync($"export-config {link}");
        Assert.Equal(await _console.ShowAsync("export-config"), await File.ReadAllTextAsync(path));
        Assert.Equal((UnixFileMode.UserRead | UnixFileMode.UserWrite, path), (File.GetUnixFileMode(path), new FileInfo(link).LinkTarget));
        Assert.Equal([link, path], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
        await _console.DoAsync("delete-rule -a");
        await _console.DoAsync($"import-config {link}");
        Assert.Equal("web\n", await _console.ShowAsync("show-rule -p -o rulename"));
    }

    [Fact]
    public async Task What_is_no_regular_file_is_not_replaced()
    {
        Assert.Equal((1, "", "ilbadm: cannot write '/dev/null': it is no regular file; '-' stands for the standard output\n"), await _console.RunAsync("export-config", "/dev/null"));
        Assert.Equal((1, "", "ilbadm: cannot write '/tmp': it is no regular file; '-' stands for the standard output\n"), await _console.RunAsync("export-config", "/tmp"));
        Assert.True(File.GetAttributes("/dev/null") is not FileAttributes.Directory && new FileInfo("/dev/null").Length == 0);
    }

    [Theory]
    [InlineData("import-config /nonexistent", "cannot read '/nonexistent': it does not exist")]
    [InlineData("import-config /dev/zero", "cannot read '/dev/zero': it is larger than 64 MB")]
    [InlineData("import-config /tmp", "cannot read '/tmp': it is a folder")]
    [InlineData("import-config --from xml", "--from: 'xml' does not exist; known are ilb, json, ipvsadm, keepalived")]
    [InlineData("import-config --from keepalived", "--from keepalived is not supported by this version")]
    [InlineData("export-config /nonexistent/x", "cannot write '/nonexistent/x': its folder does not exist")]
    public async Task Is_refused(string line, string message) => Assert.Equal((1, "", $"ilbadm: {message}\n"), await _console.RunAsync(line.Split(' ')));

    [Fact]
    public async Task The_form_is_seen_from_the_content()
    {
        _console.Input = "\n! Configuration File for keepalived\nglobal_defs {\n";
        Assert.Equal((1, "", "ilbadm: --from keepalived, which this looks like, is not supported by this version\n"), await _console.RunAsync("import-config"));
        _console.Input = "\uFEFF\n {\n \"format\": 1,\n \"rules\": [ { } ] }";
        Assert.StartsWith("ilbadm: standard input: line 4: rules[0]: ", (await _console.RunAsync("import-config")).Error, StringComparison.Ordinal);
        _console.Input = "\n# -A\ncreate-servergroup -A";
        Assert.StartsWith("ilbadm: standard input: line 3: unknown option '-A'", (await _console.RunAsync("import-config")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_changes_something_else_is_applied_in_its_place()
    {
        await _console.DoAsync("create-servergroup -s server=10.0.0.9 old");
        _console.Input = Pool + "disable-rule web\nset-rule -m lbalg=lc web\nset-server -s weight=7 _web.1\nenable-server _web.1\nremove-server -s server=_web.0 web\nadd-server -s server=10.0.0.3 web\ndelete-servergroup old\n";
        await _console.DoAsync("import-config -p");
        Assert.Equal(
            """
            # ilbadm import-config
            create-servergroup web
            add-server -s server=10.0.0.2:8080,id=1,weight=7 web
            add-server -s server=10.0.0.3,id=2 web
            create-rule -i vip=192.0.2.1,port=80,protocol=TCP -m lbalg=lc,type=HALF-NAT -o servergroup=web web

            """,
            await _console.ShowAsync("export-config"));
    }

    [Fact]
    public async Task A_dry_run_names_what_the_configuration_gets_and_loses()
    {
        _console.Input = Pool;
        await _console.DoAsync("import-config");
        _console.Input = "create-sg -s server=10.0.0.9 new\ncreate-rule -i vip=192.0.2.9,port=80 -m type=h -o sg=new new\nset-rule -m lbalg=lc web";
        Assert.Equal(
            """
            configuration: create server group 'new' with server '10.0.0.9'
            configuration: change rule 'web'
            configuration: create rule 'new', disabled
            kernel: update service TCP 192.0.2.1:80 (lc)

            """,
            await _console.ShowAsync("import-config -p --dry-run"));
        _console.Input = "create-sg -s server=10.0.0.1:8080 web";
        Assert.Equal(
            """
            configuration: change server group 'web'
            configuration: delete rule 'web'
            kernel: remove service TCP 192.0.2.1:80

            """,
            await _console.ShowAsync("import-config --dry-run"));
        _console.Input = Pool;
        Assert.Equal("configuration: no change\nkernel: no change\n", await _console.ShowAsync("import-config --dry-run"));
    }

    [Fact]
    public async Task A_dry_run_tells_what_the_kernel_would_get_and_changes_nothing()
    {
        var before = _console.Everything();
        _console.Input = Pool;
        Assert.Contains("add service TCP 192.0.2.1:80", await _console.ShowAsync("import-config --dry-run"), StringComparison.Ordinal);
        Assert.Equal(before, _console.Everything());
    }
}
