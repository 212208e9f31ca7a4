using System.Globalization;
using System.Net.Sockets;

namespace Ilb.Cli.Text;

/// <summary>Reads what <c>ipvsadm -S</c> prints: each service becomes a server group and an enabled rule.</summary>
internal sealed class IpvsadmText
{
    private const int DefaultTimeout = 360; // of ipvsadm -p, in seconds
    private static readonly string[] Schedulers = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos"];

    private readonly OrderedDictionary<string, IpvsadmService> _services = [];
    private readonly LineErrors _errors;

    private IpvsadmText(LineErrors errors) => _errors = errors;

    /// <summary>What the lines say.</summary>
    /// <param name="text">The text.</param>
    /// <param name="errors">Where to tell what is wrong.</param>
    /// <param name="notes">Gets what becomes different.</param>
    public static IReadOnlyList<ImportedLine> Read(string text, LineErrors errors, List<string> notes)
    {
        var reader = new IpvsadmText(errors);
        foreach (var (line, words) in ShellText.Split(text, errors))
            reader.ReadLine(line, words[0] == "ipvsadm" ? words.AsSpan(1) : words);
        var ignoring = reader._services.Values.Where(static service => service.IgnoresWeights).ToArray();
        if (ignoring.Length > 0)
            notes.Add(errors.Text((ignoring[0].Line, $"ipvsadm's rr ignores weights, a rule respects them: those that are not 0 become 1{(ignoring.Length > 1 ? $", here and in {ignoring.Length - 1} more services" : "")}")));
        return [.. reader._services.Values.SelectMany(service => service.ToLines(errors))];
    }

    private void ReadLine(int number, ReadOnlySpan<string> words)
    {
        IpvsadmService? service = null;
        try
        {
            var line = IpvsadmLine.Parse(words.IsEmpty ? ["ipvsadm"] : words);
            var rule = WithPackets(line);
            if (line.IsService)
            {
                if (_services.TryGetValue(rule.Name, out var other))
                    throw new FormatException($"the service is there already, by line {other.Line}");
                service = new IpvsadmService(number, rule);
                _services.Add(rule.Name, service);
                service.Rule = WithMethod(rule, line);
            }
            else if (_services.TryGetValue(rule.Name, out service))
            {
                service.Add(number, line);
            }
            else
            {
                throw new FormatException("there is no such service (-A) before it");
            }
        }
        catch (FormatException e)
        {
            _errors.Add(number, e.Message);
            if (service is not null)
                service.IsFaulty = true;
        }
    }

    // A name says what the service is; no two services have the same.
    private static Rule WithPackets(IpvsadmLine line)
    {
        (string Option, Protocol Protocol)[] protocols = [("-t", Protocol.Tcp), ("-u", Protocol.Udp), ("--sctp-service", Protocol.Sctp)];
        var given = protocols.Where(protocol => line.Has(protocol.Option)).ToArray();
        if (given.Length + (line.Has("-f") ? 1 : 0) != 1)
            throw new FormatException("it has not one of -t, -u, --sctp-service and -f");
        var rule = new Rule { Name = "", Topology = Topology.HalfNat, ServerGroup = "" };
        if (line.Find("-f") is { } mark)
        {
            // ipvsadm prints a mark from 2147483648 on as a negative number.
            if (!long.TryParse(mark, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var printed) || printed is 0 or < int.MinValue or > uint.MaxValue)
                throw new FormatException($"-f {Quote.Of(mark)} is not a mark from 1 to {uint.MaxValue}");
            var number = unchecked((uint)printed);
            var isV6 = line.Has("-6");
            var name = isV6 ? $"fwmark-{number}-inet6" : $"fwmark-{number}";
            return rule with { Name = name, ServerGroup = name, FirewallMark = new() { Mark = number, Family = isV6 ? IpFamily.Inet6 : IpFamily.Inet } };
        }

        var (option, protocol) = given[0];
        var (address, port) = IpvsadmLine.Endpoint(line.Find(option)!);
        var title = $"{protocol.ToText().ToLowerInvariant()}-{address.ToString().Replace(':', '-')}-{(port is null or 0 ? "all" : port.Value.ToString(CultureInfo.InvariantCulture))}";
        return rule with { Name = title, ServerGroup = title, Vip = address, Protocol = protocol, Ports = port is null or 0 ? null : port.Value };
    }

    private static Rule WithMethod(Rule rule, IpvsadmLine line)
    {
        var scheduler = line.Find("-s") ?? "wlc";
        if (!Schedulers.Contains(scheduler))
            throw new FormatException($"the scheduler {Quote.Of(scheduler)} does not exist{Suggestion.For(scheduler, Schedulers)}; known are {string.Join(", ", Schedulers)}");
        rule = rule with { Algorithm = AlgorithmNames.Parse(scheduler), OnePacket = line.Has("-o") };
        foreach (var flag in line.Find("-b")?.Split(',') ?? [])
        {
            rule = (scheduler, flag) switch
            {
                ("sh", "sh-fallback" or "flag-1") or ("mh", "mh-fallback" or "flag-1") => rule with { Fallback = true },
                ("sh", "sh-port" or "flag-2") or ("mh", "mh-port" or "flag-2") => rule with { HashPort = true },
                _ => throw new FormatException($"-b {Quote.Of(flag)} is nothing that a rule with the scheduler {scheduler} can say: rules have sh-fallback, sh-port, mh-fallback and mh-port"),
            };
        }

        return rule with { Enabled = true, Persistence = Stickiness(rule, line) };
    }

    private static Persistence? Stickiness(Rule rule, IpvsadmLine line)
    {
        var engine = line.Find("--pe");
        if (!line.Has("-p"))
            return engine is null && !line.Has("-M") ? null : throw new FormatException("-M and --pe go with -p only");
        if (engine is not (null or "sip"))
            throw new FormatException($"--pe {Quote.Of(engine)} does not exist; known is sip");
        return new Persistence
        {
            Timeout = TimeSpan.FromSeconds(line.Find("-p") is "" ? DefaultTimeout : line.Number("-p", 1, int.MaxValue)!.Value),
            PrefixLength = line.PrefixLength(rule.Vip?.AddressFamily ?? (rule.FirewallMark!.Family == IpFamily.Inet6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)),
            Engine = engine is null ? null : PersistenceEngine.Sip,
        };
    }
}
