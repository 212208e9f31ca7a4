namespace Ilb.Daemon.Access;

/// <summary>A user with connections: what it has in use now.</summary>
internal sealed class Caller(string name) : IDisposable
{
    /// <summary>What costs the kernel or the engine time and needs no right: a few at a time, so that one user's flood waits for itself.</summary>
    public SemaphoreSlim Looks { get; } = new(2);

    /// <summary>The user's name, or its number.</summary>
    public string Name { get; } = name;

    /// <summary>How many connections it has; of <see cref="Callers"/> only.</summary>
    public int Connections { get; set; }

    public void Dispose() => Looks.Dispose();
}
