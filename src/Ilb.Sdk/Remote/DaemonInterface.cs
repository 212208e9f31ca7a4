using System.Buffers;

namespace Ilb;

/// <summary>The words of the daemon's interface, HTTP/1.1 with JSON on a Unix socket, that both sides share. docs/openapi.json describes it.</summary>
internal static class DaemonInterface
{
    /// <summary>Where everything is; another number will be another interface.</summary>
    public const string Root = "/v1";

    /// <summary>GET: who answers, a <see cref="DaemonDescription"/>.</summary>
    public const string Daemon = Root + "/daemon";

    /// <summary>GET: the configuration as in its file, its version as ETag; PUT: another one in its place.</summary>
    public const string Configuration = Root + "/configuration";

    /// <summary>POST: changes; If-Match is the expected version, the query may have adopt=true.</summary>
    public const string Changes = Root + "/changes";

    /// <summary>POST: changes that are only planned; likewise.</summary>
    public const string Plan = Root + "/plan";

    /// <summary>POST: what others found of servers.</summary>
    public const string Verdicts = Root + "/verdicts";

    /// <summary>GET: what the kernel holds.</summary>
    public const string State = Root + "/state";

    /// <summary>GET: what the kernel has counted.</summary>
    public const string Statistics = Root + "/statistics";

    /// <summary>GET: what is wrong around the rules; the query may name them, rules=NAME,NAME.</summary>
    public const string Diagnosis = Root + "/diagnosis";

    /// <summary>GET: server-sent events; Last-Event-ID, or after in the query, resumes.</summary>
    public const string Events = Root + "/events";

    /// <summary>POST: the edited file is taken.</summary>
    public const string Reload = Root + "/reload";

    /// <summary>The most characters of path and query together; with the rest of the line the web server allows 8 KB.</summary>
    public const int MaximumTarget = 8000;

    /// <summary>What a version may consist of, to be an entity tag; RFC 9110, section 8.8.3.</summary>
    public static readonly SearchValues<char> VersionCharacters = SearchValues.Create([.. Enumerable.Range(0x21, 0x7e - 0x20).Select(static code => (char)code).Where(static code => code != '"')]);
}
