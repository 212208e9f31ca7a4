using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A DNS query that is answered without an error (RFC 1035). For rules of UDP and TCP, by the rule's protocol.</summary>
public sealed record DnsTest : HealthTest
{
    /// <summary>Makes a test with the defaults.</summary>
    public DnsTest()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal DnsTest(string query, string type = "A", string? answer = null)
    {
        Query = query;
        Type = type;
        Answer = answer;
    }

    /// <inheritdoc/>
    public override HealthTestKind Kind => HealthTestKind.Dns;

    /// <summary>The name that is asked for, up to 253 characters; <c>.</c> = the root.</summary>
    public required string Query { get; init; }

    /// <summary>The type of record: A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT. Default A.</summary>
    public string Type { get; init; } = "A";

    /// <summary>What a record of the answer must be, as in <c>192.0.2.7</c>; null (default) = any answer will do.</summary>
    public string? Answer { get; init; }

    internal override bool Fits(Protocol protocol) => protocol is Protocol.Udp or Protocol.Tcp;

    internal override void Check(string subject, ErrorList errors)
    {
        if (string.IsNullOrEmpty(Query))
            errors.Add(IlbErrorCode.HealthCheckIncomplete, "query", $"{subject}: the name that is asked for is missing");
        else if (Query.Length > 253 || Query.AsSpan().ContainsAnyExcept(ObjectName.Characters))
            errors.Add(IlbErrorCode.InvalidArgument, "query", $"{subject}: {Quote.Of(Query)} is not a domain name");
        if (Type is not ("A" or "AAAA" or "CNAME" or "MX" or "NS" or "PTR" or "SOA" or "SRV" or "TXT"))
            errors.Add(IlbErrorCode.InvalidArgument, "type", $"{subject}: qtype {Quote.Of(Type)} does not exist: it is one of A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT");
        errors.CheckNotEmpty(Answer, subject, "answer");
    }
}
