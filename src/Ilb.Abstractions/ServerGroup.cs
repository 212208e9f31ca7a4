using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A named group of servers that rules send connections to.</summary>
/// <example><code>
/// var group = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.11-10.0.0.14:8080") };
/// </code></example>
public sealed record ServerGroup
{
    /// <summary>Makes a group with the defaults.</summary>
    public ServerGroup()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal ServerGroup(string name, ValueList<Server>? servers = null, long nextNumber = 0)
    {
        Name = name;
        Servers = servers ?? [];
        NextNumber = nextNumber;
    }

    /// <summary>Its name, see <see cref="ObjectName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Its servers, of one address family, in the order in which they were added. Default none.</summary>
    public ValueList<Server> Servers { get; init; } = [];

    /// <summary>The number that the next server gets, 0–4,294,967,296 (then none is left); past those of all servers, and it never goes back while the group exists. A group that is deleted and
    /// created again begins anew. Default 0, or what the servers' numbers make of it.</summary>
    public long NextNumber { get; init; }

    /// <summary>The ID of one of its servers.</summary>
    /// <param name="server">A server that has its number.</param>
    /// <exception cref="ArgumentException">The server has no number.</exception>
    public ServerId IdOf(Server server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return new ServerId { ServerGroup = Name, Number = server.Number ?? throw new ArgumentException("the server has no number yet", nameof(server)) };
    }

    /// <summary>All that is wrong with it and its servers; empty if nothing is.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        GroupChecks.Check(this, errors);
        return errors.ToValueList();
    }

    /// <summary>The group with each server numbered that has no number yet, and a counter past all of them.</summary>
    /// <remarks>Past the last of the 2³² numbers servers stay without one.</remarks>
    public ServerGroup WithNumbers()
    {
        var next = NextNumber;
        foreach (var server in Servers)
            next = Math.Max(next, server.Number is { } number ? number + 1L : 0);
        return this with
        {
            Servers = Servers.Map(server => server.Number is null && next <= uint.MaxValue ? server with { Number = (uint)next++ } : server),
            NextNumber = next,
        };
    }
}
