using Ilb.Daemon.Http;

namespace Ilb.Daemon.Routes;

/// <summary>The configuration and its changes.</summary>
internal static class ConfigurationRoutes
{
    public static IReadOnlyList<DaemonRoute> All { get; } =
    [
        new("GET", DaemonInterface.Configuration, ReadAsync),
        new("PUT", DaemonInterface.Configuration, ReplaceAsync),
        new("POST", DaemonInterface.Changes, ChangeAsync),
        new("POST", DaemonInterface.Plan, PlanAsync),
        new("POST", DaemonInterface.Reload, ReloadAsync),
    ];

    private static Task ReadAsync(HttpContext context, Service service) => Service.LookAsync(context, async () =>
    {
        Query.Check(context.Request);
        var present = await service.Balancer.GetConfigurationAsync(context.RequestAborted).ConfigureAwait(false);
        if (Preconditions.IsKnown(context.Request, present.Version))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            context.Response.Headers.ETag = $"\"{present.Version}\"";
            return;
        }

        await Answer.WriteAsync(context, IlbJson.Serialize(present.Configuration), present.Version).ConfigureAwait(false);
    });

    private static Task ReplaceAsync(HttpContext context, Service service) => service.ApplyAsync(context, async context =>
    {
        // Before anything is read.
        service.Require(context, AccessRight.Change);
        var configuration = await service.Bodies.ReadAsync(context, service.RightOf(context), static body => IlbJson.DeserializeConfiguration(body.Span)).ConfigureAwait(false);
        return [new ReplaceAll { Configuration = configuration }];
    });

    private static Task ChangeAsync(HttpContext context, Service service) => service.ApplyAsync(context, async context => await ReadChangesAsync(context, service).ConfigureAwait(false));

    // Nothing changes, so it needs no right.
    private static Task PlanAsync(HttpContext context, Service service) => Service.LookAsync(context, async () =>
    {
        Query.Check(context.Request, "adopt");
        var options = new ApplyOptions { DryRun = true, ExpectedVersion = Preconditions.Expected(context.Request), Adopt = Query.Flag(context.Request, "adopt") };
        var changes = await ReadChangesAsync(context, service).ConfigureAwait(false);
        if (service.RightOf(context) is not null)
        {
            await PlanAsync(context, service, changes, options).ConfigureAwait(false);
            return;
        }

        // The engine makes one plan after another, and those who change something wait behind it.
        await service.Guests.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            await PlanAsync(context, service, changes, options).ConfigureAwait(false);
        }
        finally
        {
            service.Guests.Release();
        }
    });

    private static async Task PlanAsync(HttpContext context, Service service, ValueList<Change> changes, ApplyOptions options)
    {
        var result = await service.Balancer.ApplyAsync(changes, options, context.RequestAborted).ConfigureAwait(false);
        await Answer.WriteAsync(context, AnswerJson.Serialize(result), result.Version).ConfigureAwait(false);
    }

    private static async Task ReloadAsync(HttpContext context, Service service)
    {
        var result = await service.Audit.RecordAsync(Service.CallerOf(context), static () => "reload", async () =>
        {
            Query.Check(context.Request);
            service.Require(context, AccessRight.Change);
            return await service.Site.ReloadAsync(context.RequestAborted).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await Answer.WriteAsync(context, AnswerJson.Serialize(result), result.Version).ConfigureAwait(false);
    }

    private static async Task<ValueList<Change>> ReadChangesAsync(HttpContext context, Service service)
    {
        var right = service.RightOf(context);
        var changes = await service.Bodies.ReadAsync(context, right, static body => IlbJson.DeserializeChanges(body.Span)).ConfigureAwait(false);
        var most = right == AccessRight.Change ? service.Options.MaximumChanges : service.Options.MaximumOtherChanges;
        if (changes.Count > most)
            throw new Refusal(StatusCodes.Status413PayloadTooLarge, IlbErrorCode.LimitExceeded, $"{changes.Count} changes are too many for one list: this user may send up to {most}");
        // Whose names are looked up keeps the name servers busy.
        if (right is null && changes.Any(static change => change.Hosts.Count > 0))
            throw new IlbException(IlbErrorCode.NotAuthorized, $"user {Quote.Of(Service.CallerOf(context).Caller.Name)} may only look: to plan with host names needs a right, or give addresses");
        return changes;
    }
}
