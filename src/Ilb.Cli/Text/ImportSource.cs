namespace Ilb.Cli.Text;

/// <summary>The form of a file that is imported.</summary>
internal enum ImportSource
{
    /// <summary>Subcommands, as export-config writes them.</summary>
    Ilb,

    /// <summary>The configuration file's own.</summary>
    Json,

    /// <summary>What <c>ipvsadm -Sn</c> prints.</summary>
    Ipvsadm,

    /// <summary>keepalived.conf(5).</summary>
    Keepalived,
}
