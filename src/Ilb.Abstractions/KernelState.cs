namespace Ilb;

/// <summary>What the kernel holds of a rule.</summary>
public enum KernelState
{
    /// <summary>Nothing, as it should be: the rule is disabled.</summary>
    Absent = 0,

    /// <summary>All of it.</summary>
    Complete = 1,

    /// <summary>Nothing, although the rule is enabled.</summary>
    Missing = 2,

    /// <summary>Something else than the rule asks for.</summary>
    Different = 3,

    /// <summary>A service that somebody else has made is in its place.</summary>
    Foreign = 4,
}
