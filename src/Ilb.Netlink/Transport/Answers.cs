using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>One message as a value.</summary>
internal delegate T Decode<T>(scoped in NetlinkMessage message);

/// <summary>Collects the messages of an answer as values.</summary>
internal readonly struct Answers<T>(Decode<T> decode) : INetlinkAnswer
{
    public List<T> List { get; } = [];

    public void Read(in NetlinkMessage message) => List.Add(decode(message));

    public void Restart() => List.Clear();
}
