using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ilb;

/// <summary>Speaks TLS for a probe, and says in plain words what is wrong with a certificate.</summary>
internal sealed class TlsHandshake(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (FileMark? Mark, X509Certificate2Collection Certificates)> _authorities = new();
    private readonly ConcurrentDictionary<(string Certificate, string Key), (FileMark? Mark, FileMark? KeyMark, X509Certificate2 Own)> _own = new();

    /// <summary>Makes a connected socket speak TLS; the stream owns it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="settings">How.</param>
    /// <param name="host">The server's name, if the settings have none; null = its address.</param>
    /// <param name="address">The server's address.</param>
    /// <param name="protocols">What is spoken in it; null = nothing is said of it.</param>
    /// <param name="progress">Where it says what it does.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ProbeException">The server's certificate is not as wanted, or a file of ours cannot be read.</exception>
    public async Task<SslStream> DoAsync(Socket socket, TlsSettings settings, string? host, IPAddress address, List<SslApplicationProtocol>? protocols, ProbeProgress progress, CancellationToken cancellationToken)
    {
        progress.Doing = ProbeProgress.Handshake;
        var name = settings.Name ?? host ?? address.ToString();
        string? fault = null;
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    ApplicationProtocols = protocols,
                    ClientCertificates = settings.Certificate is null ? null : [Own(settings.Certificate, settings.Key!)],
                    CertificateChainPolicy = Policy(settings),
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => (fault = Fault(settings, name, certificate as X509Certificate2, chain, errors)) is null,
                },
                cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (Exception e)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            if (fault is not null)
                throw ProbeException.Failed(fault);
            throw e is EndOfStreamException or IOException { InnerException: null } ? new EndOfStreamException(null, e) : e;
        }
    }

    private X509ChainPolicy Policy(TlsSettings settings)
    {
        // Whether it was revoked would be asked of a third party, which may be slower than any timeout.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (settings.Ca is not null && settings.Verify)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(Authorities(settings.Ca));
        }

        return policy;
    }

    private string? Fault(TlsSettings settings, string name, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return "showed no certificate";
        var now = time.GetUtcNow().UtcDateTime;
        DateTime from = certificate.NotBefore.ToUniversalTime(), until = certificate.NotAfter.ToUniversalTime();
        if (settings.Verify)
        {
            if (until < now)
                return $"certificate expired on {Day(until)}";
            if (from > now)
                return $"certificate is not valid before {Day(from)}";
            if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
                return $"certificate is for {Names(certificate)}, wanted {name}";
            if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
                return $"certificate is not trusted: {Distrust(certificate, chain)}";
        }

        return settings.MinimumDays is { } days && until < now.AddDays(days)
            ? string.Create(CultureInfo.InvariantCulture, $"certificate is valid for {Math.Max(0, (int)(until - now).TotalDays)} more days, wanted {days}")
            : null;
    }

    private static string Distrust(X509Certificate2 certificate, X509Chain? chain)
    {
        foreach (var status in chain?.ChainStatus ?? [])
        {
            switch (status.Status)
            {
                case X509ChainStatusFlags.NotTimeValid:
                    return "a certificate of its issuers expired";
                case X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain:
                    return certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData) ? "it is signed by itself" : $"its issuer {Quote.Of(certificate.Issuer)} is unknown";
                case X509ChainStatusFlags.NoError:
                    break;
                default:
                    return ProbeText.Line(status.StatusInformation);
            }
        }

        return "its issuer is unknown";
    }

    private static string Names(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string[] names = alternatives is null ? [] : [.. alternatives.EnumerateDnsNames(), .. alternatives.EnumerateIPAddresses().Select(static address => address.ToString())];
        return names.Length switch
        {
            0 => Quote.Of(certificate.Subject),
            <= 3 => ProbeText.Line(string.Join(", ", names)),
            _ => ProbeText.Line($"{string.Join(", ", names.Take(3))} and {names.Length - 3} more"),
        };
    }

    private static string Day(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // Read anew only when the file is another.
    private X509Certificate2Collection Authorities(string path) => Read(path, () =>
    {
        var mark = LinuxCalls.Mark(path);
        if (mark is not null && _authorities.TryGetValue(path, out var known) && known.Mark == mark)
            return known.Certificates;
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        if (certificates.Count == 0)
            throw new CryptographicException("it holds no certificate");
        _authorities[path] = (mark, certificates);
        return certificates;
    });

    private X509Certificate2 Own(string certificate, string key) => Read(certificate, () =>
    {
        var (mark, keyMark) = (LinuxCalls.Mark(certificate), LinuxCalls.Mark(key));
        if (mark is not null && keyMark is not null && _own.TryGetValue((certificate, key), out var known) && known.Mark == mark && known.KeyMark == keyMark)
            return known.Own;
        var own = X509Certificate2.CreateFromPemFile(certificate, key);
        _own[(certificate, key)] = (mark, keyMark, own);
        return own;
    });

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ProbeException.NotRun($"cannot read the certificate {Quote.Of(path)}: {ProbeText.Line(e is CryptographicException ? e.Message : LinuxCalls.Reason(e))}");
        }
    }
}
