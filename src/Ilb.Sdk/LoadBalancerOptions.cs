using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ilb;

/// <summary>Which load balancer a program runs, and where it keeps its files. The defaults are those of <c>ilbadm</c>.</summary>
public sealed record LoadBalancerOptions
{
    /// <summary>The name of the instance, see <see cref="ObjectName"/>: several may run side by side on one machine. Default <c>ilb</c>.</summary>
    public string Instance { get; set; } = "ilb";

    /// <summary>The file of the configuration. Default null: <c>/var/lib/ilb/INSTANCE.json</c>.</summary>
    public string? ConfigurationPath { get; set; }

    /// <summary>The same, absolute and with the default.</summary>
    internal string ConfigurationFile => Path.GetFullPath(ConfigurationPath ?? $"/var/lib/ilb/{Instance}.json");

    /// <summary>Where the configuration is kept, if not in a file. Default null: in <see cref="ConfigurationPath"/>.</summary>
    public IConfigurationStore? Store { get; set; }

    /// <summary>
    /// The Unix socket at which <see cref="LoadBalancer.ConnectAsync"/> looks for the daemon. Default null: <c>ilbd.sock</c> for the instance <c>ilb</c>, <c>INSTANCE.sock</c> for others, in <see cref="RuntimeDirectory"/>.
    /// A socket that is named may belong to another network namespace than the caller's; the default one may not.
    /// </summary>
    public string? SocketPath { get; set; }

    /// <summary>The folder of the instance's lock and its runtime state; it is to vanish at a reboot. Default <c>/run/ilb</c>.</summary>
    public string RuntimeDirectory { get; set; } = "/run/ilb";

    /// <summary>The network namespace to work in, as a path such as <c>/run/netns/NAME</c>. Default null: the caller's own.</summary>
    public string? NetworkNamespace { get; set; }

    /// <summary>How long a change waits for another process that holds the instance. Default 10 s; zero = not at all.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the kernel is kept as the configuration asks while the load balancer lives: from its first change on, which may be an empty list, it looks at all that is its own at each <see cref="AuditInterval"/>, puts
    /// right what others did to it, and tries again what the kernel refused, after 1 s and then twice the time before, up to 60 s, a quarter more or less. What it did is logged. Where the file is edited meanwhile, changes
    /// are refused with <see cref="IlbErrorCode.ConfigurationEdited"/> until <see cref="LoadBalancer.ReloadAsync"/>. For programs that live; default false: the kernel is changed by changes only, and the file read
    /// with each of them.
    /// </summary>
    public bool KeepsKernel { get; set; }

    /// <summary>
    /// How often the kernel is looked at as a whole, for what others may have done to it. With <see cref="KeepsKernel"/> it is the load balancer that does, 1 s to a day. Without, it is the first change after that time, 0
    /// to a day: it looks at all services, and at their servers where there are up to 64. Between, a change looks only at what it is about, and where there are up to 64 services, whether they are there. After a
    /// step that failed it looks at everything. Zero = with each change. Default 10 s.
    /// </summary>
    public TimeSpan AuditInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What belongs to this machine; of it, the packet marks that Ilb may use, how the machine calls network interfaces that the configuration calls otherwise, and where health probes come from. Default null: what the file <c>node.json</c> beside
    /// <see cref="ConfigurationPath"/> says when the load balancer is made, or nothing where there is none, or a <see cref="Store"/>.
    /// </summary>
    public NodeSettings? Node { get; set; }

    /// <summary>
    /// Health probes of the product's own, by names of the form of <see cref="ObjectName"/>. A health check takes one by its name: <see cref="ProductTest"/>, in text <c>hc-test=PRODUCT,probe=NAME</c>. Default none. They are taken
    /// when the load balancer is made.
    /// </summary>
    /// <example><code>
    /// var options = new LoadBalancerOptions { Probes = { ["queue"] = new QueueProbe() } };
    /// </code></example>
    public IDictionary<string, IHealthProbe> Probes { get; } = new Dictionary<string, IHealthProbe>(StringComparer.Ordinal);

    /// <summary>The clock. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where events are logged. Default nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>All that is wrong with the options; empty if nothing is.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new List<IlbError>();
        if (!ObjectName.IsValid(Instance))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidName, Path = "instance", Message = $"instance {Quote.Of(Instance)}: a name has up to {ObjectName.MaximumLength} letters, digits, '.', '_' and '-', and starts with a letter or digit" });
        if (ConfigurationPath is "")
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "configurationPath", Message = "the path of the configuration is empty" });
        if (SocketPath is "")
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "socketPath", Message = "the path of the socket is empty" });
        if (string.IsNullOrEmpty(RuntimeDirectory))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "runtimeDirectory", Message = "the path of the runtime directory is empty" });
        if (NetworkNamespace is "")
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "networkNamespace", Message = "the path of the network namespace is empty" });
        if (LockTimeout < TimeSpan.Zero || LockTimeout > TimeSpan.FromHours(1))
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "lockTimeout", Message = "the lock's timeout is out of range, allowed is 0 to 1 hour" });
        if (AuditInterval < (KeepsKernel ? NodeSettings.MinimumAuditInterval : TimeSpan.Zero) || AuditInterval > NodeSettings.MaximumAuditInterval)
            errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "auditInterval", Message = $"the audit interval is out of range, allowed is {(KeepsKernel ? "1 second" : "0")} to 1 day" });
        errors.AddRange((Node?.Validate() ?? []).Select(static error => error with { Path = $"node.{error.Path}" }));
        foreach (var (name, probe) in Probes)
        {
            if (!ObjectName.IsValid(name))
                errors.Add(new IlbError { Code = IlbErrorCode.InvalidName, Path = "probes", Message = $"probe {Quote.Of(name)}: a name has up to {ObjectName.MaximumLength} letters, digits, '.', '_' and '-', and starts with a letter or digit" });
            else if (probe is null)
                errors.Add(new IlbError { Code = IlbErrorCode.InvalidArgument, Path = "probes", Message = $"probe {Quote.Of(name)} is null" });
        }

        return errors.ToValueList();
    }
}
