namespace Ilb;

/// <summary>The probers that there are.</summary>
internal interface IProberSet
{
    /// <summary>The one for a test.</summary>
    IProber For(HealthTest test);
}
