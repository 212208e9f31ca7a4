namespace Ilb;

/// <summary>The parts of a check.</summary>
internal enum HealthStep : byte
{
    /// <summary>None is under way.</summary>
    None,

    /// <summary>The ping that comes first.</summary>
    Ping,

    /// <summary>The test itself.</summary>
    Test,
}
