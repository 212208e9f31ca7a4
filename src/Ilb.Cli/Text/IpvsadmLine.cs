using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Ilb.Cli.Text;

/// <summary>A line that <c>ipvsadm -S</c> prints: its options, by their short names where they have one (ipvsadm(8)).</summary>
internal sealed class IpvsadmLine
{
    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["--add-service"] = "-A",
        ["--add-server"] = "-a",
        ["--tcp-service"] = "-t",
        ["--udp-service"] = "-u",
        ["--fwmark-service"] = "-f",
        ["--ipv6"] = "-6",
        ["--scheduler"] = "-s",
        ["--persistent"] = "-p",
        ["--netmask"] = "-M",
        ["--ops"] = "-o",
        ["--sched-flags"] = "-b",
        ["--real-server"] = "-r",
        ["--gatewaying"] = "-g",
        ["--ipip"] = "-i",
        ["--masquerading"] = "-m",
        ["--weight"] = "-w",
        ["--u-threshold"] = "-x",
        ["--l-threshold"] = "-y",
    };

    // What goes with -A and with -a; in front those that have a value.
    private static readonly string[] ServiceValues = ["-t", "-u", "--sctp-service", "-f", "-s", "-M", "--pe", "-b"];
    private static readonly string[] ServiceSwitches = ["-A", "-6", "-p", "-o"];
    private static readonly string[] ServerValues = ["-t", "-u", "--sctp-service", "-f", "-r", "-w", "-x", "-y", "--tun-type", "--tun-port"];
    private static readonly string[] ServerSwitches = ["-a", "-6", "-g", "-i", "-m", "--tun-nocsum", "--tun-csum", "--tun-remcsum"];

    private readonly Dictionary<string, string> _options = [];

    private IpvsadmLine(bool isService) => IsService = isService;

    /// <summary>Whether it adds a service, not a server of one.</summary>
    public bool IsService { get; }

    /// <exception cref="FormatException">It is no such line.</exception>
    public static IpvsadmLine Parse(ReadOnlySpan<string> words)
    {
        var isService = Short(words[0]) switch
        {
            "-A" => true,
            "-a" => false,
            _ => throw new FormatException($"{Quote.Of(words[0])} is neither -A nor -a, which are all that 'ipvsadm -S' prints"),
        };
        var line = new IpvsadmLine(isService);
        var (values, switches) = isService ? (ServiceValues, ServiceSwitches) : (ServerValues, ServerSwitches);
        for (var i = 0; i < words.Length; i++)
        {
            var (name, value) = (Short(words[i]), "");
            if (values.Contains(name))
                value = ++i < words.Length ? words[i] : throw new FormatException($"{name} has no value");
            else if (!switches.Contains(name))
                throw new FormatException($"{Quote.Of(words[i])} does not go with {(isService ? "-A" : "-a")}");
            else if (name == "-p" && i + 1 < words.Length && words[i + 1].All(char.IsAsciiDigit))
                value = words[++i];
            if (!line._options.TryAdd(name, value))
                throw new FormatException($"{name} is given twice");
        }

        return line;
    }

    public bool Has(string name) => _options.ContainsKey(name);

    public string? Find(string name) => _options.GetValueOrDefault(name);

    /// <summary>A number, or null if the option is not there.</summary>
    /// <exception cref="FormatException">It is none, or out of range.</exception>
    public int? Number(string name, int lowest, int highest)
    {
        if (Find(name) is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        throw new FormatException($"{name} {Quote.Of(text)} is not a number from {lowest} to {highest}");
    }

    /// <summary>Address and port; the port is null if it is not given.</summary>
    /// <exception cref="FormatException">They are not numeric.</exception>
    public static (IPAddress Address, int? Port) Endpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < text.LastIndexOf(']') || (colon >= 0 && text[0] != '[' && text.IndexOf(':', StringComparison.Ordinal) != colon))
            colon = -1;
        if (!NumericAddress.TryParse(colon < 0 ? text : text[..colon], out var address))
            throw new FormatException($"{Quote.Of(text)} has no numeric address: print it with 'ipvsadm -Sn'");
        if (colon < 0)
            return (address, null);
        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (address, port)
            : throw new FormatException($"{Quote.Of(text)} has no numeric port: print it with 'ipvsadm -Sn'");
    }

    /// <summary>The leading bits that <c>-M</c> leaves; null if it leaves all.</summary>
    /// <exception cref="FormatException">The mask has holes, or is none.</exception>
    public int? PrefixLength(AddressFamily family)
    {
        if (Find("-M") is not { } text)
            return null;
        if (family == AddressFamily.InterNetworkV6)
            return Number("-M", 1, 128) is var bits and < 128 ? bits : null;
        if (!NumericAddress.TryParse(text, out var mask) || mask.AddressFamily != AddressFamily.InterNetwork)
            throw new FormatException($"-M {Quote.Of(text)} is not a mask such as 255.255.255.0");
        var number = BinaryPrimitives.ReadUInt32BigEndian(mask.GetAddressBytes());
        var length = BitOperations.LeadingZeroCount(~number);
        if (number != (length == 0 ? 0 : uint.MaxValue << (32 - length)))
            throw new FormatException($"-M {Quote.Of(text)} has holes, which a rule's pmask cannot say");
        return length < 32 ? length : null;
    }

    private static string Short(string word) => LongNames.GetValueOrDefault(word, word);
}
