using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The kinds of tests of a health check.</summary>
[JsonConverter(typeof(HealthTestKindConverter))]
public enum HealthTestKind
{
    /// <summary>An ICMP echo (<see cref="PingTest"/>).</summary>
    Ping = 0,

    /// <summary>A TCP connection (<see cref="TcpTest"/>).</summary>
    Tcp = 1,

    /// <summary>A UDP packet (<see cref="UdpTest"/>).</summary>
    Udp = 2,

    /// <summary>An SCTP association (<see cref="SctpTest"/>).</summary>
    Sctp = 3,

    /// <summary>A request by HTTP (<see cref="HttpTest"/>).</summary>
    Http = 4,

    /// <summary>A request by HTTP over TLS (<see cref="HttpsTest"/>).</summary>
    Https = 5,

    /// <summary>A TLS handshake (<see cref="TlsTest"/>).</summary>
    Tls = 6,

    /// <summary>A DNS query (<see cref="DnsTest"/>).</summary>
    Dns = 7,

    /// <summary>The greeting of a mail server (<see cref="SmtpTest"/>).</summary>
    Smtp = 8,

    /// <summary>The health service of gRPC (<see cref="GrpcTest"/>).</summary>
    Grpc = 9,

    /// <summary>A program of the user's (<see cref="ScriptTest"/>).</summary>
    Script = 10,

    /// <summary>A probe of the product's own (<see cref="ProductTest"/>).</summary>
    Product = 11,
}
