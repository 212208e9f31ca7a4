using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>Gathers errors, so that all are told at once.</summary>
internal sealed class ErrorList
{
    private readonly List<IlbError> _errors = [];
    private string _prefix = "";

    public int Count => _errors.Count;

    public void Add(IlbErrorCode code, string path, string message) => _errors.Add(new IlbError { Code = code, Message = message, Path = Join(_prefix, path) });

    /// <summary>Runs checks whose paths stand under another.</summary>
    public void Under(string path, Action<ErrorList> checks)
    {
        var outer = _prefix;
        _prefix = Join(outer, path);
        checks(this);
        _prefix = outer;
    }

    public ValueList<IlbError> ToValueList() => _errors.ToValueList();

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
            throw new IlbException(ToValueList());
    }

    /// <summary>Whether a required member is there: code may leave out what the compiler only warns of.</summary>
    public bool CheckGiven(object? value, string path)
    {
        if (value is null)
            Add(IlbErrorCode.InvalidArgument, path, $"{Join(_prefix, path)} is missing");
        return value is not null;
    }

    /// <summary>Whether a list is there, and all of its elements.</summary>
    public bool CheckGiven<T>(ValueList<T>? list, string path)
        where T : class
    {
        if (!CheckGiven((object?)list, path))
            return false;
        var before = Count;
        for (var i = 0; i < list!.Count; i++)
            CheckGiven(list[i], $"{path}[{i}]");
        return Count == before;
    }

    public void CheckName(string kind, string name, string path)
    {
        if (string.IsNullOrEmpty(name))
            Add(IlbErrorCode.InvalidName, path, $"the {kind} has no name");
        else if (name.Length > ObjectName.MaximumLength)
            Add(IlbErrorCode.NameTooLong, path, $"{kind} {Quote.Of(name)}: the name has {name.Length} characters, at most {ObjectName.MaximumLength} are allowed");
        else if (!ObjectName.IsValid(name))
            Add(IlbErrorCode.InvalidName, path, $"{kind} {Quote.Of(name)}: a name has letters, digits, '.', '_' and '-', and starts with a letter or digit");
    }

    /// <summary>Addresses that can neither be a VIP nor a server's.</summary>
    public void CheckAddress(IPAddress address, string subject, string path)
    {
        if (Fault(address) is { } fault)
            Add(IlbErrorCode.InvalidAddress, path, $"{subject}: {address} is {fault}");
    }

    public void CheckInterface(string? name, string subject, string path)
    {
        if (name is not { Length: > 0 and <= 15 } || name is "." or ".." || name.Any(static c => c <= ' ' || c is '/' or ':' or > '~'))
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {Quote.Of(name)} is not the name of a network interface");
    }

    public void CheckNotEmpty(string? value, string subject, string path)
    {
        if (value is "")
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {path} is empty");
    }

    /// <summary>Checks the absolute path of a file, if there is one.</summary>
    public void CheckPath(string? value, string subject, string path)
    {
        if (value is not null && (!value.StartsWith('/') || value.EndsWith('/') || value.Contains('\0', StringComparison.Ordinal)))
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {path} {Quote.Of(value)} is not the absolute path of a file");
    }

    public void CheckRange(long value, long minimum, long maximum, string subject, string key, string path)
    {
        if (value < minimum || value > maximum)
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {key} {value} is out of range, allowed is {minimum}-{maximum}");
    }

    public void CheckDuration(TimeSpan value, TimeSpan minimum, TimeSpan maximum, string subject, string key, string path)
    {
        if (value < minimum || value > maximum)
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {key} {Duration.Format(value)} is out of range, allowed is {Duration.Format(minimum)} to {Duration.Format(maximum)} seconds");
        else if (value.Ticks % TimeSpan.TicksPerMillisecond != 0)
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {key} is not a whole number of milliseconds");
    }

    public void CheckDefined<T>(T value, string subject, string path)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {path} {value} does not exist");
    }

    private static string? Fault(IPAddress address)
    {
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            return "neither an IPv4 nor an IPv6 address";
        if (IPAddress.IsLoopback(address))
            return "a loopback address, which no client reaches";
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            var first = address.GetAddressBytes()[0];
            return first switch
            {
                0 => "an unspecified address",
                >= 224 and <= 239 => "a multicast address",
                _ => address.Equals(IPAddress.Broadcast) ? "the broadcast address" : null,
            };
        }

        if (address.Equals(IPAddress.IPv6Any))
            return "the unspecified address";
        if (address.IsIPv6Multicast)
            return "a multicast address";
        if (address.IsIPv4MappedToIPv6)
            return "an IPv4 address in IPv6 form: write it as IPv4";
        return address.IsIPv6LinkLocal || address.ScopeId != 0 ? "an address of one link only, which IPVS does not forward" : null;
    }

    private static string Join(string prefix, string path) =>
        prefix.Length == 0 ? path : path.Length == 0 ? prefix : path[0] == '[' ? prefix + path : $"{prefix}.{path}";
}
