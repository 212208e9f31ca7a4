namespace Ilb;

/// <summary>What a step does.</summary>
public enum StepAction
{
    /// <summary>Adds an object.</summary>
    Add = 0,

    /// <summary>Changes an object.</summary>
    Update = 1,

    /// <summary>Removes an object.</summary>
    Remove = 2,

    /// <summary>Takes over an object that is already as it should be.</summary>
    Adopt = 3,
}
