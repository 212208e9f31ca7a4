using System.Text.Json;
using Ilb.Daemon.Http;

namespace Ilb.Daemon.Routes;

/// <summary>Single objects by name, for those who come with no more than curl.</summary>
internal static class ObjectRoutes
{
    public static IReadOnlyList<DaemonRoute> All { get; } =
    [
        .. Of("rules", "rules", IlbErrorCode.NoSuchRule, "rule", static all => all.Rules, static rule => rule.Name, IlbJson.Serialize,
            static json => new CreateRule { Rule = IlbJson.DeserializeRule(json) }, static name => new DeleteRules { Names = [name] }),
        .. Of("servergroups", "serverGroups", IlbErrorCode.NoSuchServerGroup, "server group", static all => all.ServerGroups, static group => group.Name, IlbJson.Serialize,
            static json => new CreateServerGroup { ServerGroup = IlbJson.DeserializeServerGroup(json) }, static name => new DeleteServerGroup { Name = name }),
        .. Of("healthchecks", "healthChecks", IlbErrorCode.NotFound, "health check", static all => all.HealthChecks, static check => check.Name, IlbJson.Serialize,
            static json => new CreateHealthCheck { HealthCheck = IlbJson.DeserializeHealthCheck(json) }, static name => new DeleteHealthChecks { Names = [name] }),
        .. Of("failovergroups", "failoverGroups", IlbErrorCode.NotFound, "failover group", static all => all.FailoverGroups, static group => group.Name, IlbJson.Serialize,
            static json => new CreateFailoverGroup { FailoverGroup = IlbJson.DeserializeFailoverGroup(json) }, static name => new DeleteFailoverGroups { Names = [name] }),
    ];

    private delegate Change Creation(ReadOnlySpan<byte> json);

    private static DaemonRoute[] Of<T>(
        string path, string member, IlbErrorCode missing, string kind, Func<Configuration, ValueList<T>> all, Func<T, string> name, Func<T, byte[]> serialize, Creation create, Func<string, Change> delete)
        where T : class
    {
        var collection = $"{DaemonInterface.Root}/{path}";
        return
        [
            new("GET", collection, (context, service) => Service.LookAsync(context, async () =>
            {
                Query.Check(context.Request);
                var present = await service.Balancer.GetConfigurationAsync(context.RequestAborted).ConfigureAwait(false);
                await Answer.WriteAsync(context, List(member, all(present.Configuration).Select(serialize)), present.Version).ConfigureAwait(false);
            })),
            new("POST", collection, (context, service) => service.ApplyAsync(context, async context =>
            {
                service.Require(context, AccessRight.Change);
                return [await service.Bodies.ReadAsync(context, service.RightOf(context), body => create(body.Span)).ConfigureAwait(false)];
            })),
            new("GET", collection + "/{name}", async (context, service) =>
            {
                Query.Check(context.Request);
                var present = await service.Balancer.GetConfigurationAsync(context.RequestAborted).ConfigureAwait(false);
                var wanted = NameIn(context);
                var found = all(present.Configuration).FirstOrDefault(item => name(item) == wanted) ?? throw new IlbException(missing, $"{kind} {Quote.Of(wanted)} does not exist");
                await Answer.WriteAsync(context, serialize(found), present.Version).ConfigureAwait(false);
            }),
            new("DELETE", collection + "/{name}", (context, service) => service.ApplyAsync(context, context => Task.FromResult<IReadOnlyList<Change>>([delete(NameIn(context))]))),
        ];
    }

    private static string NameIn(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private static byte[] List(string member, IEnumerable<byte[]> items)
    {
        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", IlbJson.Format);
            writer.WriteStartArray(member);
            foreach (var item in items)
                writer.WriteRawValue(item, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return content.ToArray();
    }
}
