using System.Text;

namespace Ilb.Daemon.Http;

/// <summary>Writes answers: JSON that ends with a line feed, for those who read it in a terminal.</summary>
internal static class Answer
{
    private const string Json = "application/json";

    public static Task WriteAsync(HttpContext context, byte[] json, string? version = null)
    {
        if (version is not null)
            context.Response.Headers.ETag = $"\"{version}\"";
        return WriteAsync(context, StatusCodes.Status200OK, json);
    }

    public static Task WriteAsync(HttpContext context, int status, ValueList<IlbError> errors) => WriteAsync(context, status, AnswerJson.Serialize(errors));

    /// <summary>An answer for where no request is known; the connection ends with it.</summary>
    public static byte[] Raw(string status, params ValueList<IlbError> errors)
    {
        byte[] body = [.. AnswerJson.Serialize(errors), (byte)'\n'];
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nContent-Type: {Json}\r\nConnection: close\r\n\r\n"), .. body];
    }

    private static async Task WriteAsync(HttpContext context, int status, byte[] json)
    {
        var isEnded = json is [.., (byte)'\n'];
        context.Response.StatusCode = status;
        context.Response.ContentType = Json;
        context.Response.ContentLength = json.Length + (isEnded ? 0 : 1);
        await context.Response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
        if (!isEnded)
            await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted).ConfigureAwait(false);
    }
}
