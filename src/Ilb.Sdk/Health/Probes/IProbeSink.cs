namespace Ilb;

/// <summary>Who waits for a probe.</summary>
internal interface IProbeSink
{
    /// <summary>The probe ended. It must return soon.</summary>
    void Done(Probe probe, in ProbeOutcome outcome);
}
