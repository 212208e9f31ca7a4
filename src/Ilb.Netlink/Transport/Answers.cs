using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>One message as a value, or null if it tells nothing of interest.</summary>
internal delegate T? Decode<T>(scoped in NetlinkMessage message);

/// <summary>Collects the messages of an answer as values.</summary>
internal readonly struct Answers<T>(Decode<T> decode) : INetlinkAnswer
{
    public List<T> List { get; } = [];

    public void Read(in NetlinkMessage message)
    {
        if (decode(message) is { } value)
            List.Add(value);
    }

    public void Restart() => List.Clear();
}
