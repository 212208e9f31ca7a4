namespace Ilb.Daemon.Running;

/// <summary>How the daemon ends.</summary>
internal static class ExitStatus
{
    /// <summary>It was told to stop.</summary>
    public const int Stopped = 0;

    /// <summary>It could not start: wrong arguments, no privilege, no IPVS, somebody else has the instance.</summary>
    public const int Refused = 1;

    /// <summary>The configuration or the settings of the machine are wrong: to start again does not help (EX_CONFIG of sysexits.h).</summary>
    public const int WrongConfiguration = 78;
}
