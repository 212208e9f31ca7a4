using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Ilb.Daemon.Http;

/// <summary>What a request says about the version that it means.</summary>
internal static class Preconditions
{
    /// <summary>The version that If-Match asks for; null = any.</summary>
    public static string? Expected(HttpRequest request)
    {
        var tags = Read(request.Headers.IfMatch, "If-Match");
        if (tags is null || tags is [{ Tag.Value: "*" }])
            return null;
        if (tags is not [{ IsWeak: false } tag])
            throw new IlbException(IlbErrorCode.InvalidArgument, "If-Match has one version in quotes, as the ETag of the configuration tells it");
        return tag.Tag.Value![1..^1];
    }

    /// <summary>Whether the client has the version already.</summary>
    public static bool IsKnown(HttpRequest request, string version) =>
        Read(request.Headers.IfNoneMatch, "If-None-Match")?.Any(tag => tag.Tag.Value == "*" || tag.Tag.Value == $"\"{version}\"") == true;

    private static IList<EntityTagHeaderValue>? Read(StringValues header, string name)
    {
        if (header.Count == 0)
            return null;
        return EntityTagHeaderValue.TryParseStrictList(header, out var tags) && tags.Count > 0
            ? tags
            : throw new IlbException(IlbErrorCode.InvalidArgument, $"{name} {Quote.Of(header)} is no version: it stands in quotes, as in \"0123456789abcdef\"");
    }
}
