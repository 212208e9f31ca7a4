using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ilb.Testing;

/// <summary>An authority of a test's own, and certificates that it signs.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    /// <summary>Makes the authority.</summary>
    public TestCertificates()
    {
        var request = new CertificateRequest("CN=Test Authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now.AddYears(-20), now.AddYears(20));
        AuthorityPath = Path.Combine(_folder.Path, "ca.pem");
        File.WriteAllText(AuthorityPath, _root.ExportCertificatePem());
    }

    /// <summary>The authority's certificate, as <c>ca=</c> takes it.</summary>
    public string AuthorityPath { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    /// <summary>A certificate with its key.</summary>
    public X509Certificate2 Make(string name, double daysFrom = -100, double daysUntil = 100, bool isSelfSigned = false)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        if (isSelfSigned)
            return Loaded(request.CreateSelfSigned(now.AddDays(daysFrom), now.AddDays(daysUntil)));
        using var signed = request.Create(_root, now.AddDays(daysFrom), now.AddDays(daysUntil), RandomNumberGenerator.GetBytes(8));
        return Loaded(signed.CopyWithPrivateKey(key));
    }

    /// <summary>A certificate and its key as files.</summary>
    public (string Certificate, string Key) Write(X509Certificate2 certificate)
    {
        string path = Path.Combine(_folder.Path, "own.pem"), keyPath = Path.Combine(_folder.Path, "own.key");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return (path, keyPath);
    }

    private static X509Certificate2 Loaded(X509Certificate2 certificate) => X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
}
