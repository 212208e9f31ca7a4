using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>How a health check speaks TLS.</summary>
public sealed record TlsSettings
{
    /// <summary>Makes settings with the defaults.</summary>
    public TlsSettings()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal TlsSettings(string? name = null, string? ca = null, string? certificate = null, string? key = null, bool verify = true, int? minimumDays = null)
    {
        Name = name;
        Ca = ca;
        Certificate = certificate;
        Key = key;
        Verify = verify;
        MinimumDays = minimumDays;
    }

    /// <summary>The server's name: sent (SNI) and looked for in its certificate. Null (default) = HTTP's host, else the address.</summary>
    public string? Name { get; init; }

    /// <summary>The absolute path of the certificates (PEM) that the server's must come from; null (default) = those that the system trusts.</summary>
    public string? Ca { get; init; }

    /// <summary>The absolute path of a certificate (PEM) of our own that is shown to the server; null (default) = none.</summary>
    [JsonPropertyName("cert")]
    public string? Certificate { get; init; }

    /// <summary>The absolute path of the key (PEM) of <see cref="Certificate"/>, which needs it; null (default) = none.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the server's certificate must be valid. Default true.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>For how many days the server's certificate must still be valid, 0–3650; null (default) = it need only be valid now.</summary>
    [JsonPropertyName("minValid")]
    public int? MinimumDays { get; init; }

    internal void Check(string subject, ErrorList errors)
    {
        if (Name is not null && (Name.Length == 0 || !ServerSpec.IsHostName(Name)))
            errors.Add(IlbErrorCode.InvalidArgument, "name", $"{subject}: tls-name {Quote.Of(Name)} is not a host name");
        errors.CheckPath(Ca, subject, "ca");
        errors.CheckPath(Certificate, subject, "cert");
        errors.CheckPath(Key, subject, "key");
        if (Certificate is null != Key is null)
            errors.Add(IlbErrorCode.HealthCheckIncomplete, Key is null ? "key" : "cert", $"{subject}: cert and key are only given together");
        if (MinimumDays is < 0 or > 3650)
            errors.Add(IlbErrorCode.InvalidArgument, "minValid", $"{subject}: min-valid {MinimumDays} is out of range, allowed is 0-3650 days");
    }
}
