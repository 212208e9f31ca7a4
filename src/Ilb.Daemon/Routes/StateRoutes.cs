using System.Text;
using System.Text.Json;
using Ilb.Daemon.Http;

namespace Ilb.Daemon.Routes;

/// <summary>What is, and what happens.</summary>
internal static class StateRoutes
{
    public static IReadOnlyList<DaemonRoute> All { get; } =
    [
        new("GET", DaemonInterface.State, TellStateAsync),
        new("GET", DaemonInterface.Statistics, TellStatisticsAsync),
        new("GET", DaemonInterface.Diagnosis, TellDiagnosisAsync),
        new("GET", DaemonInterface.Events, TellEventsAsync),
        new("POST", DaemonInterface.Verdicts, JudgeAsync),
    ];

    private static Task TellStateAsync(HttpContext context, Service service) => Service.LookAsync(context, async () =>
    {
        Query.Check(context.Request);
        await Answer.WriteAsync(context, AnswerJson.Serialize(await service.Balancer.GetStateAsync(context.RequestAborted).ConfigureAwait(false))).ConfigureAwait(false);
    });

    private static Task TellStatisticsAsync(HttpContext context, Service service) => Service.LookAsync(context, async () =>
    {
        Query.Check(context.Request);
        await Answer.WriteAsync(context, AnswerJson.Serialize(await service.Balancer.GetStatisticsAsync(context.RequestAborted).ConfigureAwait(false))).ConfigureAwait(false);
    });

    private static Task TellDiagnosisAsync(HttpContext context, Service service) => Service.LookAsync(context, async () =>
    {
        Query.Check(context.Request, "rules");
        string? rules = context.Request.Query["rules"];
        var diagnosis = await service.Balancer.DiagnoseAsync(rules?.Split(','), context.RequestAborted).ConfigureAwait(false);
        await Answer.WriteAsync(context, AnswerJson.Serialize(diagnosis)).ConfigureAwait(false);
    });

    private static async Task JudgeAsync(HttpContext context, Service service)
    {
        ValueList<OutsideVerdict>? verdicts = null;
        var result = await service.Audit.RecordAsync(Service.CallerOf(context), () => verdicts is null ? $"{context.Request.Method} {context.Request.Path}" : Audit.TextOf(verdicts), async () =>
        {
            // Before anything is read.
            service.Require(context, AccessRight.Enable);
            Query.Check(context.Request);
            verdicts = await service.Bodies.ReadAsync(context, service.RightOf(context), static body => IlbJson.DeserializeVerdicts(body.Span)).ConfigureAwait(false);
            return await service.Balancer.JudgeAsync(verdicts, context.RequestAborted).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await Answer.WriteAsync(context, AnswerJson.Serialize(result), result.Version).ConfigureAwait(false);
    }

    // Of a reader that does not keep up only its place is kept; one that reads nothing at all is cut. Not by the web server's own rate, which gives each small piece its grace anew.
    private static async Task TellEventsAsync(HttpContext context, Service service)
    {
        Query.Check(context.Request, "after");
        string? after = context.Request.Headers["Last-Event-ID"] is [var last, ..] ? last : context.Request.Query["after"];
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, service.Stopping);
        var events = service.Balancer.GetEventsAsync(after, end.Token).GetAsyncEnumerator(end.Token);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        var output = context.Response.BodyWriter;
        var next = events.MoveNextAsync().AsTask();
        try
        {
            while (await IsNextAsync(next).ConfigureAwait(false) is var isNext)
            {
                if (isNext == false)
                    return;
                if (isNext == true)
                {
                    Write(events.Current);
                    next = events.MoveNextAsync().AsTask();
                }
                else
                {
                    Put(":\n\n"u8);
                }

                await output.FlushAsync(end.Token).AsTask().WaitAsync(service.Options.EventTimeout, service.Options.Balancer.TimeProvider).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or the daemon stops; then the stream ends as it should.
        }
        catch (TimeoutException)
        {
            var caller = Service.CallerOf(context);
            Log.ReaderCut(service.Logger, caller.Caller.Name, caller.Peer.Process);
            context.Abort();
        }
        finally
        {
            // It may not be disposed while it moves.
            await end.CancelAsync().ConfigureAwait(false);
            await next.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            await events.DisposeAsync().ConfigureAwait(false);
        }

        async Task<bool?> IsNextAsync(Task<bool> move)
        {
            try
            {
                return await move.WaitAsync(service.Options.Heartbeat, service.Options.Balancer.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        void Write(LoadBalancerEvent happened)
        {
            var json = AnswerJson.Serialize(happened);
            Put(Encoding.UTF8.GetBytes($"id: {happened.Id}\nevent: {KindOf(json)}\ndata: "));
            Put(json);
            Put("\n\n"u8);
        }

        void Put(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(output.GetSpan(bytes.Length));
            output.Advance(bytes.Length);
        }
    }

    // The kind is the first member.
    private static string? KindOf(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("event"u8) && reader.Read())
                return reader.GetString();
        }

        return null;
    }
}
