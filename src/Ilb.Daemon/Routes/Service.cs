using Ilb.Daemon.Access;
using Ilb.Daemon.Http;

namespace Ilb.Daemon.Routes;

/// <summary>What the routes work with.</summary>
internal sealed record Service(DaemonServerOptions Options, Site Site, RequestBodies Bodies, Audit Audit, ILogger Logger, CancellationToken Stopping)
{
    public LoadBalancer Balancer => Site.Balancer;

    /// <summary>The turn of those without any right who want a plan.</summary>
    public SemaphoreSlim Guests { get; } = new(1);

    public static CallFeature CallerOf(HttpContext context) => context.Features.Get<CallFeature>() ?? throw new InvalidOperationException("a request without a caller");

    public AccessRight? RightOf(HttpContext context) => Site.RightOf(CallerOf(context).Peer);

    /// <exception cref="IlbException"><see cref="IlbErrorCode.NotAuthorized"/>.</exception>
    public void Require(HttpContext context, AccessRight needed)
    {
        var right = RightOf(context);
        if (right is null || right < needed)
        {
            throw new IlbException(IlbErrorCode.NotAuthorized,
                $"user {Quote.Of(CallerOf(context).Caller.Name)} may only {(right is null ? "look" : "look, enable and disable")}: this needs the right {Quote.Of(needed.ToText())}, which node.json gives to groups of users");
        }
    }

    /// <summary>Reads a body that asks for changes, applies them and leaves a record.</summary>
    public async Task ApplyAsync(HttpContext context, Func<HttpContext, Task<IReadOnlyList<Change>>> read)
    {
        IReadOnlyList<Change>? changes = null;
        var result = await Audit.RecordAsync(CallerOf(context), () => changes is null ? $"{context.Request.Method} {context.Request.Path}" : Audit.TextOf(changes), async () =>
        {
            // Before anything is read, so it is not known yet which right it would take.
            if (RightOf(context) is null)
                throw new IlbException(IlbErrorCode.NotAuthorized, $"user {Quote.Of(CallerOf(context).Caller.Name)} may only look: to change something needs a right that node.json gives to groups of users, 'enable' to enable and disable, 'change' for all else");
            Query.Check(context.Request, "adopt");
            var adopt = Query.Flag(context.Request, "adopt");
            var expected = Preconditions.Expected(context.Request);
            changes = await read(context).ConfigureAwait(false);
            Require(context, adopt || changes.Any(static change => change.Right == AccessRight.Change) ? AccessRight.Change : AccessRight.Enable);
            return await Balancer.ApplyAsync(changes, new ApplyOptions { ExpectedVersion = expected, Adopt = adopt }, context.RequestAborted).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await Answer.WriteAsync(context, AnswerJson.Serialize(result), result.Version).ConfigureAwait(false);
    }

    /// <summary>Does what costs time or memory and needs no right, until it is answered: a few of a user at a time.</summary>
    public static async Task LookAsync(HttpContext context, Func<Task> look)
    {
        var looks = CallerOf(context).Caller.Looks;
        await looks.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            await look().ConfigureAwait(false);
        }
        finally
        {
            looks.Release();
        }
    }
}
