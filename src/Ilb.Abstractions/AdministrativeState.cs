namespace Ilb;

/// <summary>What the administrator wants of a rule or a server.</summary>
public enum AdministrativeState
{
    /// <summary>It serves.</summary>
    Enabled = 0,

    /// <summary>It does not serve.</summary>
    Disabled = 1,
}
