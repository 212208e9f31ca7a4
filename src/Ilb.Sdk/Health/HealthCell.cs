namespace Ilb;

/// <summary>A state that one thread at a time writes with each probe and any number read, without a lock and without an allocation: a reader that meets a write reads again.</summary>
internal sealed class HealthCell
{
    // Odd while it is written.
    private int _version;
    private HealthState _state;

    /// <summary>For the writer only.</summary>
    public ref readonly HealthState Own => ref _state;

    public void Write(in HealthState state)
    {
        Volatile.Write(ref _version, _version + 1);
        Interlocked.MemoryBarrier();
        _state = state;
        Volatile.Write(ref _version, _version + 1);
    }

    public HealthState Read()
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref _version);
            var state = _state;
            Interlocked.MemoryBarrier();
            if ((version & 1) == 0 && version == Volatile.Read(ref _version))
                return state;
            spin.SpinOnce();
        }
    }
}
