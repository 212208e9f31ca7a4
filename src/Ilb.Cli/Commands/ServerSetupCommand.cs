using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace Ilb.Cli.Commands;

/// <summary>show-server-setup: what to run on real servers.</summary>
internal static class ServerSetupCommand
{
    public static Command Show(Session session)
    {
        var ids = new Argument<string[]>("id") { Description = "The servers, as show-server tells their IDs", Arity = ArgumentArity.OneOrMore };
        return session.Showing("show-server-setup", [], ids, (result, errors) =>
        {
            var chosen = result.GetValue(ids) ?? [];
            errors.AddRange(chosen.Where(static id => !ServerId.TryParse(id, null, out _)).Select(static id => $"{Quote.Of(id)} is not the ID of a server, such as _web.0"));
            return async balancer => Write(session.Terminal.Output, (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration, [.. chosen.Select(static id => ServerId.Parse(id))]);
        });
    }

    private static void Write(TextWriter output, Configuration configuration, IReadOnlyList<ServerId> ids)
    {
        var servers = ids.Select(id => (Id: id, Server: configuration.FindServerGroup(id.ServerGroup)?.Servers.FirstOrDefault(server => server.Number == id.Number))).ToArray();
        Refusal.ThrowIfAny([.. servers.Where(static found => found.Server is null).Select(static found => $"server {Quote.Of(found.Id.ToString())} does not exist")]);
        foreach (var (id, server) in servers)
        {
            var rules = configuration.Rules.Where(rule => rule.ServerGroup == id.ServerGroup || rule.Sorry?.ServerGroup == id.ServerGroup).ToArray();
            if (rules.Length == 0)
                output.WriteLine($"# {id} ({server!.Address}): no rule uses server group {id.ServerGroup}");
            // What several rules need is needed once.
            foreach (var same in rules.GroupBy(rule => string.Join('\n', ServerSetup.Commands(rule, server!, SourceTo(server!.Address)))))
            {
                output.WriteLine($"# {id} ({server!.Address}), for rule{(same.Count() > 1 ? "s" : "")} {string.Join(", ", same.Select(static rule => rule.Name))} (type={same.First().Topology.ToText()})");
                output.WriteLine(same.Key);
            }
        }
    }

    // The address of this machine that the server sees; nothing is sent.
    private static IPAddress? SourceTo(IPAddress? server)
    {
        if (server is null)
            return null;
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
