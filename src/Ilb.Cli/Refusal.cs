namespace Ilb.Cli;

/// <summary>A command that is refused, with all reasons. It never leaves <see cref="Ilbadm"/>.</summary>
internal sealed class Refusal(IReadOnlyList<string> messages) : Exception(string.Join('\n', messages))
{
    public Refusal(string message)
        : this([message])
    {
    }

    public IReadOnlyList<string> Messages { get; } = messages;

    public static void ThrowIfAny(IReadOnlyList<string> messages)
    {
        if (messages.Count > 0)
            throw new Refusal(messages);
    }

    /// <summary>What is known but does not exist yet.</summary>
    public static string NotSupported(string feature) => $"{feature} is not supported by this version";
}
