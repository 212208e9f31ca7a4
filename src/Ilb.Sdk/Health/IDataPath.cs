namespace Ilb;

/// <summary>What leads marked probes through servers.</summary>
internal interface IDataPath
{
    /// <summary>Why a marked probe cannot be sent now; null if nothing is known against it. It returns at once.</summary>
    string? ObstacleOf(Probe probe);

    /// <summary>Looks whether what leads a marked probe is there; if not, the reason why its failure says nothing of the server. Null if it is.</summary>
    Task<string?> LookAsync(Probe probe);
}
