namespace Ilb;

/// <summary>How bad a <see cref="Finding"/> is.</summary>
public enum FindingSeverity
{
    /// <summary>Nothing is wrong for that alone; it is good to know.</summary>
    Note = 0,

    /// <summary>Traffic may be hit, or will be when something else happens.</summary>
    Warning = 1,

    /// <summary>Traffic is hit.</summary>
    Error = 2,
}
