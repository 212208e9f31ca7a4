using System.Globalization;

namespace Ilb;

/// <summary>Objects from what is noted of them.</summary>
internal static class CompanionIds
{
    /// <summary>The object of an id, as far as the id says; null if it says nothing that is known.</summary>
    public static Companion? Parse(string id) => id.Split(' ') switch
    {
        ["address", var text, var name] when NumericAddress.TryParse(text, out var address) => new OwnedAddress { Address = address, Interface = name },
        ["setting", var path] when IsSafe(path) => new KernelSetting { Path = path, Value = "" },
        ["timeout", "TCP"] => new IdleTimeout { Protocol = Protocol.Tcp, Value = default },
        ["timeout", "UDP"] => new IdleTimeout { Protocol = Protocol.Udp, Value = default },
        _ => null,
    };

    /// <summary>The object with what <see cref="Companion.Detail"/> said; null if that makes no sense.</summary>
    public static Companion? WithDetail(Companion companion, string detail) => companion switch
    {
        KernelSetting setting when detail.Length > 0 => setting with { Value = detail },
        IdleTimeout timeout when detail.EndsWith(" s", StringComparison.Ordinal) && long.TryParse(detail.AsSpan(0, detail.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            => timeout with { Value = TimeSpan.FromSeconds(seconds) },
        _ => null,
    };

    // What is read from a file must not lead elsewhere.
    private static bool IsSafe(string path) => path.StartsWith("net/", StringComparison.Ordinal) && path.Split('/').All(static part => part is not ("" or "." or ".."));
}
