using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>The options that say what a rule is; create-rule and set-rule share them.</summary>
internal sealed class RuleOptions(bool isNew)
{
    private readonly KeysOption _incoming = new("-i", "--incoming", RuleText.IncomingKeys) { Description = "Which packets", HelpName = "vip=V[,port=P][,protocol=X]", Required = isNew };
    private readonly KeysOption _method = new("-m", "--method", RuleText.MethodKeys) { Description = "How", HelpName = "type=T[,lbalg=A]", Required = isNew };
    private readonly KeysOption _outgoing = new("-o", "--outgoing", RuleText.OutgoingKeys) { Description = "Where to", HelpName = "servergroup=G", Required = isNew };
    private readonly Option<bool> _persistent = new("-p", "--persistent") { Description = "A client's next connection goes to the same server", Arity = ArgumentArity.Zero };
    private readonly KeysOption _health = new("-h", "--health", RuleText.HealthKeys) { Description = "How servers are watched; default not at all", HelpName = "hc-name=H[,hc-port=Q]" };
    private readonly KeysOption _timers = new("-t", "--timers", RuleText.TimerKeys) { Description = "Times: seconds, or with s, m, h or d such as 5m", HelpName = "KEY=TIME,..." };

    public IEnumerable<Option> All => [_incoming, _method, _outgoing, _persistent, _health, _timers];

    /// <summary>The rule with what is given.</summary>
    public Rule Apply(ParseResult result, Rule rule, Terminal terminal, List<string> errors)
    {
        if (result.GetValue(_persistent))
            rule = rule with { Persistence = rule.Persistence ?? new() };
        if (_incoming.Parse(result, isNew, errors) is [var incoming])
            rule = RuleText.WithIncoming(rule, incoming, terminal.Services);
        if (_method.Parse(result, isNew, errors) is [var method])
            rule = RuleText.WithMethod(rule, method);
        if (_outgoing.Parse(result, isNew, errors) is [var outgoing])
            rule = RuleText.WithOutgoing(rule, outgoing);
        if (_health.Parse(result, isNew, errors) is [var health])
            rule = RuleText.WithHealth(rule, health);
        if (_timers.Parse(result, isNew, errors) is [var timers])
            rule = RuleText.WithTimers(rule, timers);
        return rule;
    }
}
