namespace Ilb.Daemon.Routes;

/// <summary>One path and method of the interface.</summary>
/// <param name="Method">GET, POST, PUT, DELETE.</param>
/// <param name="Path">As the OpenAPI file writes it.</param>
/// <param name="Handle">Answers a request.</param>
internal sealed record DaemonRoute(string Method, string Path, Func<HttpContext, Service, Task> Handle)
{
    /// <summary>All that there is; docs/openapi.json has the same.</summary>
    public static IReadOnlyList<DaemonRoute> All { get; } =
    [
        .. DescriptionRoutes.All,
        .. ConfigurationRoutes.All,
        .. StateRoutes.All,
        .. ObjectRoutes.All,
    ];

    public static void MapAll(IEndpointRouteBuilder routes, Service service)
    {
        foreach (var (method, path, handle) in All)
            routes.MapMethods(path, [method], context => handle(context, service));
    }
}
