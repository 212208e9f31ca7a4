using Microsoft.AspNetCore.Http.Features;

namespace Ilb.Daemon.Http;

/// <summary>Turns whatever goes wrong with a request into an answer: a status, and a body that says why.</summary>
internal sealed class ErrorAnswers(RequestDelegate next, ILogger logger)
{
    public async Task RunAsync(HttpContext context)
    {
        var (status, errors) = await TryAsync(context).ConfigureAwait(false);
        if (errors is null && (context.Response.StatusCode < 400 || context.Response.HasStarted || context.Response.ContentLength is not null))
            return;
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        // What is left of a body that is not wanted is not read either.
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout)
            context.Response.Headers.Connection = "close";
        try
        {
            await Answer.WriteAsync(context, errors is null ? context.Response.StatusCode : status, errors ?? [Statuses.ErrorOf(context.Response.StatusCode)]).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client is gone.
        }
    }

    private async Task<(int Status, ValueList<IlbError>? Errors)> TryAsync(HttpContext context)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            return (context.Response.StatusCode, null);
        }
        catch (IlbException e)
        {
            return (Statuses.Of(e.Code), e.Errors);
        }
        catch (Refusal e)
        {
            return (e.Status, [e.Error]);
        }
        catch (BadHttpRequestException e)
        {
            return (e.StatusCode, [Statuses.ErrorOf(e.StatusCode)]);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            return (StatusCodes.Status499ClientClosedRequest, null);
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            return (StatusCodes.Status503ServiceUnavailable, [new IlbError { Code = IlbErrorCode.DaemonUnreachable, Message = "the daemon is stopping: nothing changed" }]);
        }
        catch (Exception e)
        {
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, e);
            return (StatusCodes.Status500InternalServerError, [Statuses.ErrorOf(StatusCodes.Status500InternalServerError)]);
        }
    }
}
