namespace Ilb.Daemon.Http;

/// <summary>What stands behind the question mark: what is not known is refused.</summary>
internal static class Query
{
    public static void Check(HttpRequest request, params ReadOnlySpan<string> allowed)
    {
        foreach (var (name, values) in request.Query)
        {
            if (!allowed.Contains(name))
                throw new IlbException(IlbErrorCode.InvalidArgument, $"unknown parameter {Quote.Of(name)}: {(allowed.Length == 0 ? "this path has none" : $"this path has {string.Join(", ", allowed!)}")}");
            if (values.Count != 1)
                throw new IlbException(IlbErrorCode.InvalidArgument, $"the parameter {Quote.Of(name)} is given more than once");
        }
    }

    public static bool Flag(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => false,
        ["true"] => true,
        ["false"] => false,
        var other => throw new IlbException(IlbErrorCode.InvalidArgument, $"{name} {Quote.Of(other)} is neither true nor false"),
    };
}
