namespace Ilb;

/// <summary>It is time to look whether the kernel still holds what it should. It is put behind what waits already.</summary>
internal sealed class Wake : Message
{
    public static Wake Instance { get; } = new();

    public override void Refuse(Exception reason)
    {
        // Nobody waits for it.
    }
}
