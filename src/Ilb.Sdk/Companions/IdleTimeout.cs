using System.Globalization;

namespace Ilb;

/// <summary>After which time without a packet the kernel forgets connections of a protocol: one value for all rules of a network namespace, so the longest that one of them asks for.</summary>
internal sealed record IdleTimeout : Companion
{
    public required Protocol Protocol { get; init; }

    public required TimeSpan Value { get; init; }

    public override string Id => $"timeout {Protocol.ToText()}";

    public override CompanionStage Stage => CompanionStage.Under;

    public override string Subject => $"timeout of idle {Protocol.ToText()} connections";

    public override string Detail => string.Create(CultureInfo.InvariantCulture, $"{(long)Value.TotalSeconds} s");

    public override Companion Beside(Companion other) => other is IdleTimeout { Value: var value } && value > Value ? other : this;
}
