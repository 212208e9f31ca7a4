using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Ilb.Cli;

/// <summary>The parser's help, followed by examples to copy.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        [""] =
        [
            "ilbadm create-servergroup -s server=10.0.0.11-10.0.0.14:8080 web",
            "ilbadm create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web",
            "ilbadm show-rule",
            "ilbadm SUBCOMMAND --help",
        ],
        ["create-servergroup"] =
        [
            "ilbadm create-servergroup -s server=10.0.0.11:8080,10.0.0.12:8080 web",
            "ilbadm create-servergroup -s server=[2001:db8::11]-[2001:db8::14] -s server=[2001:db8::20],weight=3 web6",
        ],
        ["delete-servergroup"] = ["ilbadm delete-servergroup web"],
        ["show-servergroup"] = ["ilbadm show-servergroup", "ilbadm show-servergroup -p -o serverid,ip_address web"],
        ["add-server"] = ["ilbadm add-server -s server=10.0.0.15:8080,weight=2 web"],
        ["remove-server"] = ["ilbadm remove-server -s server=_web.0 web", "ilbadm remove-server -s server=10.0.0.12:8080 web"],
        ["enable-server"] = ["ilbadm enable-server _web.0"],
        ["disable-server"] = ["ilbadm disable-server _web.0 _web.1"],
        ["show-server"] = ["ilbadm show-server", "ilbadm show-server --json web"],
        ["create-rule"] =
        [
            "ilbadm create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web",
            "ilbadm create-rule -e -i vip=[2001:db8::1],port=domain,protocol=UDP -m lbalg=hash-ip,type=DSR -o servergroup=dns dns",
        ],
        ["delete-rule"] = ["ilbadm delete-rule web", "ilbadm delete-rule -a"],
        ["enable-rule"] = ["ilbadm enable-rule web"],
        ["disable-rule"] = ["ilbadm disable-rule web"],
        ["export-config"] = ["ilbadm export-config /root/ilb.cf", "ilbadm export-config --json"],
        ["import-config"] = ["ilbadm import-config /root/ilb.cf", "ilbadm import-config -p --dry-run more.cf", "ipvsadm -Sn | ilbadm import-config --from ipvsadm"],
        ["show-rule"] = ["ilbadm show-rule", "ilbadm show-rule -f web", "ilbadm show-rule -p -o rulename,status"],
    };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var status = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        output.WriteLine("Examples:");
        foreach (var example in Examples.GetValueOrDefault(command is RootCommand ? "" : command.Name) ?? [])
            output.WriteLine($"  {example}");
        output.WriteLine();
        return status;
    }
}
