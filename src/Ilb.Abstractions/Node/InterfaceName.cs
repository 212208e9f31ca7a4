namespace Ilb;

/// <summary>A network interface that one machine calls otherwise than the configuration, which all machines share.</summary>
public sealed record InterfaceName
{
    /// <summary>Its name in the configuration, up to 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its name on this machine, up to 15 characters.</summary>
    public required string Local { get; init; }
}
