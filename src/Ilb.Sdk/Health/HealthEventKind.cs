namespace Ilb;

/// <summary>See <see cref="HealthEvent"/>.</summary>
internal enum HealthEventKind : byte
{
    Begin,
    Postpone,
    Due,
    Alive,
    Failed,
    NotRun,
    Disable,
}
