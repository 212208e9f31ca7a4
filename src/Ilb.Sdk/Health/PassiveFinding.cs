namespace Ilb;

/// <summary>What a reading of the counters says of a server.</summary>
internal enum PassiveFinding
{
    /// <summary>Nothing new.</summary>
    Nothing,

    /// <summary>Packets came back.</summary>
    Heard,

    /// <summary>Enough new connections went to it, and nothing came back.</summary>
    Silent,
}
