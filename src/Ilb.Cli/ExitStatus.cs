namespace Ilb.Cli;

/// <summary>How a command ends.</summary>
internal static class ExitStatus
{
    /// <summary>Done and in the kernel.</summary>
    public const int Done = 0;

    /// <summary>Refused; nothing changed.</summary>
    public const int Refused = 1;

    /// <summary>Saved, but the kernel does not hold all of it yet.</summary>
    public const int NotConverged = 3;

    /// <summary>doctor found something that may hit traffic, or will.</summary>
    public const int FoundWarnings = 4;

    /// <summary>doctor found something that hits traffic.</summary>
    public const int FoundErrors = 5;
}
