namespace Ilb;

/// <summary>What the engine's loop is told: one after another, so that nothing in the engine is ever done twice at once.</summary>
internal abstract class Message
{
    /// <summary>Tells whoever waits for an answer that there is none.</summary>
    public abstract void Refuse(Exception reason);
}
