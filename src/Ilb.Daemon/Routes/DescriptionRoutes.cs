using System.Reflection;
using System.Text.Json;
using Ilb.Daemon.Http;

namespace Ilb.Daemon.Routes;

/// <summary>Who answers, and what can be asked for.</summary>
internal static class DescriptionRoutes
{
    public static IReadOnlyList<DaemonRoute> All { get; } =
    [
        new("GET", DaemonInterface.Daemon, DescribeAsync),
        new("GET", DaemonInterface.Root + "/openapi.json", TellInterfaceAsync),
    ];

    private static Task DescribeAsync(HttpContext context, Service service)
    {
        Query.Check(context.Request);
        var description = new DaemonDescription
        {
            Instance = service.Options.Balancer.Instance,
            Configuration = service.Site.ConfigurationPath,
            NetworkNamespace = NetworkNamespaceId.Read(service.Options.Balancer.NetworkNamespace),
            Process = Environment.ProcessId,
            Version = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3),
            Right = service.RightOf(context)?.ToText(),
        };
        return Answer.WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(description, DaemonJsonContext.Default.DaemonDescription));
    }

    private static Task TellInterfaceAsync(HttpContext context, Service service)
    {
        Query.Check(context.Request);
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return Answer.WriteAsync(context, content);
    }
}
