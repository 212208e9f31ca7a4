namespace Ilb;

/// <summary>When an object comes and goes beside the services.</summary>
internal enum CompanionStage
{
    /// <summary>Before services come, and after they are gone: what a service relies on.</summary>
    Under,

    /// <summary>After services have come, and before they go: what leads packets to them.</summary>
    Before,

    /// <summary>After everything else has come, and before anything goes: what draws packets to this machine.</summary>
    Outermost,
}
