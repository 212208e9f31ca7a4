namespace Ilb;

/// <summary>A setting of the network namespace (sysctl) that must have a value while some rule needs it.</summary>
internal sealed record KernelSetting : Companion
{
    /// <summary>As a path below /proc/sys; <c>*</c> in the place of an interface = all of them.</summary>
    public required string Path { get; init; }

    public required string Value { get; init; }

    public override string Id => $"setting {Path}";

    public override CompanionStage Stage => CompanionStage.Under;

    public override string Subject => $"setting {Name}";

    public override string Detail => Value;

    /// <summary>As sysctl(8) writes it: there a dot of an interface is a slash.</summary>
    public string Name => string.Concat(Path.Select(static c => c switch { '/' => '.', '.' => '/', _ => c }));
}
