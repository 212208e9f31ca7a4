using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for kinds of health tests: <c>PING</c>, <c>TCP</c>, <c>UDP</c>, <c>SCTP</c>, <c>HTTP</c>, <c>HTTPS</c>, <c>TLS</c>, <c>DNS</c>, <c>SMTP</c>, <c>GRPC</c>, <c>SCRIPT</c>, <c>PRODUCT</c>.</summary>
public static class HealthTestNames
{
    private static readonly NameTable<HealthTestKind> Table = new(
        "kind of health test",
        (HealthTestKind.Ping, ["PING"]),
        (HealthTestKind.Tcp, ["TCP"]),
        (HealthTestKind.Udp, ["UDP"]),
        (HealthTestKind.Sctp, ["SCTP"]),
        (HealthTestKind.Http, ["HTTP"]),
        (HealthTestKind.Https, ["HTTPS"]),
        (HealthTestKind.Tls, ["TLS"]),
        (HealthTestKind.Dns, ["DNS"]),
        (HealthTestKind.Smtp, ["SMTP"]),
        (HealthTestKind.Grpc, ["GRPC"]),
        (HealthTestKind.Script, ["SCRIPT"]),
        (HealthTestKind.Product, ["PRODUCT"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static HealthTestKind Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out HealthTestKind value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this HealthTestKind value) => Table.ToText(value);

    /// <summary>Reads a test without settings of its own: a word, or the absolute path of a program.</summary>
    /// <param name="text">The text, as in <c>TCP</c> or <c>/usr/lib/ilb/test</c>.</param>
    /// <exception cref="FormatException">It is neither, or the kind needs settings.</exception>
    public static HealthTest ParseTest(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith('/'))
            return new ScriptTest { Path = text };
        if (!TryParse(text, out var kind))
            throw new FormatException($"{Quote.Of(text)} is not a health test: it is one of {string.Join(", ", All.Where(static word => word != "SCRIPT"))} or the absolute path of a program");
        return WithoutSettings(kind) ?? throw new FormatException($"a {text} test needs {(kind switch
        {
            HealthTestKind.Dns => "the name that it asks for",
            HealthTestKind.Product => "the name of a probe",
            _ => "the path of a program",
        })}");
    }

    internal static HealthTest? WithoutSettings(HealthTestKind kind) => kind switch
    {
        HealthTestKind.Ping => new PingTest(),
        HealthTestKind.Tcp => new TcpTest(),
        HealthTestKind.Udp => new UdpTest(),
        HealthTestKind.Sctp => new SctpTest(),
        HealthTestKind.Http => new HttpTest(),
        HealthTestKind.Https => new HttpsTest(),
        HealthTestKind.Tls => new TlsTest(),
        HealthTestKind.Smtp => new SmtpTest(),
        HealthTestKind.Grpc => new GrpcTest(),
        _ => null,
    };
}
