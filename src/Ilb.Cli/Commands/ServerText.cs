namespace Ilb.Cli.Commands;

/// <summary>What <c>-s</c> says of servers, in the model.</summary>
internal static class ServerText
{
    private static readonly Key[] NumberKeys =
    [
        new() { Name = "weight", Form = "N", Help = "0-65535, the share of new connections beside the others; default 1, 0 = no new ones" },
        new() { Name = "max-conn", Form = "N", Help = "from so many connections on a server gets no new ones, 1-2147483647; default no limit" },
        new() { Name = "min-conn", Form = "N", Help = "below so many it gets new ones again, 1 to max-conn; default three quarters of max-conn" },
    ];

    private static readonly Key[] ServerKeys =
    [
        new() { Name = "server", IsList = true, Form = "SPEC,...", Help = "an address, a span of up to 255 such as 10.0.0.1-10.0.0.9, or the name of a host, each with an optional :PORT, :PORT-PORT or :SERVICE; an IPv6 address stands in []; without a port: the rule's" },
        .. NumberKeys,
        new() { Name = "id", Form = "N", Help = "the number that makes the server's ID, for one server; default the group's next" },
        new() { Name = "host", Form = "NAME", Help = "the name that the address was found by, for one server; default none" },
        new() { Name = "enabled", Form = "yes|no", Help = "default yes" },
    ];

    private static readonly Key[] SelectorKeys =
    [
        new() { Name = "server", IsList = true, Form = "ID|ADDRESS[:PORT],...", Help = "the servers, by ID or by address" },
    ];

    /// <summary>The option that describes servers.</summary>
    public static KeysOption Option(bool isRequired) => new("-s", "--server", ServerKeys)
    {
        Description = "Servers; the numbers apply to all servers of their -s; may be repeated",
        HelpName = "server=SPEC,...[,weight=N]",
        Required = isRequired,
        IsRepeatable = true,
    };

    /// <summary>The option that changes servers.</summary>
    public static KeysOption NumbersOption() => new("-s", "--server", NumberKeys) { Description = "What is changed", HelpName = "KEY=N,...", Required = true };

    /// <summary>The option that points to servers.</summary>
    public static KeysOption SelectorOption() => new("-s", "--server", SelectorKeys)
    {
        Description = "The servers; may be repeated",
        HelpName = "server=ID|ADDRESS[:PORT],...",
        Required = true,
        IsRepeatable = true,
    };

    public static ValueList<Server> Servers(IEnumerable<KeyList> lists, Func<string> services) => lists.SelectMany(list => Servers(list, services)).ToValueList();

    public static ValueList<ServerSelector> Selectors(IEnumerable<KeyList> lists, Func<string> services)
    {
        var selectors = new List<ServerSelector>();
        foreach (var list in lists)
        {
            list.Require("server");
            selectors.AddRange(list.Values("server", [], [], text => Selector(text, services)));
        }

        return selectors.ToValueList();
    }

    /// <summary>The change of numbers; 0 stands for a limit that is taken away.</summary>
    public static SetServers WithNumbers(SetServers change, KeyList list) => change with
    {
        Weight = list.Value<int?>("weight", null, 1, Weight),
        MaximumConnections = list.Value<int?>("max-conn", null, 0, Connections),
        MinimumConnections = list.Value<int?>("min-conn", null, 0, Connections),
    };

    private static IEnumerable<Server> Servers(KeyList list, Func<string> services)
    {
        list.Require("server");
        var servers = list.Values<ValueList<Server>>("server", [], [], text => ServerSpec.Parse(text, name => Port(name, services))).SelectMany(static server => server).ToArray();
        var pattern = new Server
        {
            Number = list.Value<uint?>("id", null, null, static text => (uint)KeyList.Number(text, 0, uint.MaxValue)),
            Host = list.Find("host"),
            Enabled = list.YesOrNo("enabled", true, true),
            Weight = list.Value<int?>("weight", null, null, Weight) ?? 1,
            MaximumConnections = list.Value<int?>("max-conn", null, null, Connections),
            MinimumConnections = list.Value<int?>("min-conn", null, null, Connections),
        };
        if (servers.Length > 1 && (pattern.Number is not null || pattern.Host is not null))
            list.Fail("id= and host= go with one server only");
        if (pattern.Host is not null && servers is [{ Address: null }])
            list.Fail("host= goes with an address");
        return servers.Select(server => pattern with { Address = server.Address, Host = server.Host ?? pattern.Host, Ports = server.Ports });
    }

    private static ServerSelector Selector(string text, Func<string> services)
    {
        if (ServerSelector.TryParse(text, null, out var selector))
            return selector;
        if (text is not ['_', ..] && ServerSpec.Parse(text, name => Port(name, services)) is [{ Address: { } address } server])
            return ServerSelector.ByAddress(address, server.Ports);
        throw new FormatException($"{Quote.Of(text)} is neither a server ID such as _web.0 nor an address such as 10.0.0.1:80");
    }

    // A server does not say which protocol its rules have.
    private static int? Port(string name, Func<string> services)
    {
        var text = services();
        return ServiceNames.Find(name, Protocol.Tcp, text) ?? ServiceNames.Find(name, Protocol.Udp, text) ?? ServiceNames.Find(name, Protocol.Sctp, text);
    }

    private static int? Weight(string text) => (int)KeyList.Number(text, 0, Server.MaximumWeight);

    private static int? Connections(string text) => (int)KeyList.Number(text, 1, int.MaxValue);
}
