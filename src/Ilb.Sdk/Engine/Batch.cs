using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Changes that share a save and a plan: each list is whole in it or not at all, and made of the configuration as left by those before it.</summary>
internal sealed class Batch
{
    private readonly List<Entry> _entries = [];
    private readonly List<(ApplyRequest Request, Exception Reason)> _refusals = [];

    public Batch(ConfigurationSnapshot present, Compilation compilation, RuntimeState state, Look look)
    {
        Present = present;
        State = state;
        Look = look;
        Configuration = present.Configuration;
        Compiled = compilation.Configuration;
        Runtime = compilation.Runtime;
        Wanted = new WantedServices(compilation.Services);
        Ways = compilation.Ways;
        Companions = new Beside { Wanted = compilation.Companions, Touched = new HashSet<string>(), IsFull = false, Found = FoundCompanions.Nothing };
    }

    /// <summary>What is saved.</summary>
    public ConfigurationSnapshot Present { get; }

    /// <summary>What somebody else has saved, where that is to be taken: then there is nothing to save. Null (default) otherwise.</summary>
    public ConfigurationSnapshot? Edited { get; init; }

    public RuntimeState State { get; }

    /// <summary>What was seen of the kernel.</summary>
    public Look Look { get; }

    /// <summary>The configuration as the changes so far leave it.</summary>
    public Configuration Configuration { get; private set; }

    /// <summary>Of which configuration <see cref="Wanted"/> is: the same, unless what is saved cannot be compiled.</summary>
    public Configuration Compiled { get; private set; }

    /// <summary>What is of the rules besides then.</summary>
    public Runtime Runtime { get; private set; }

    /// <summary>What the kernel should hold then.</summary>
    public WantedServices Wanted { get; private set; }

    /// <summary>What the kernel should hold then beside the services.</summary>
    public Beside Companions { get; private set; }

    /// <summary>The ways of checks then.</summary>
    public ProbeWays Ways { get; private set; }

    /// <summary>The rules whose checks go otherwise then.</summary>
    public HashSet<string> Rerouted { get; } = [];

    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The changes of rules that come of it.</summary>
    public IEnumerable<RuleChange> Rules => _entries.SelectMany(static entry => entry.Rules);

    /// <summary>Who is refused, unless one of the lists before is withdrawn or not saved: the reason may be what they change.</summary>
    public IReadOnlyList<(ApplyRequest Request, Exception Reason)> Refusals => _refusals;

    /// <summary>Whether there is something new.</summary>
    public bool IsChanged => Configuration != Present.Configuration;

    /// <summary>Whether the kernel was left with all that is saved.</summary>
    public bool IsSettled => State.SettledVersion == Present.Version;

    public void Add(Entry entry, Configuration configuration, Runtime runtime, WantedServices wanted, Beside companions, ProbeChange ways)
    {
        _entries.Add(entry);
        Configuration = Compiled = configuration;
        Runtime = runtime;
        Wanted = wanted;
        Companions = companions;
        Ways = ways.After;
        Rerouted.UnionWith(ways.Rules);
    }

    public void Refuse(ApplyRequest request, Exception reason) => _refusals.Add((request, reason));

    /// <summary>A list of changes that is in it.</summary>
    internal sealed record Entry
    {
        public required ApplyRequest Request { get; init; }

        /// <summary>The changes as they are applied.</summary>
        public required ValueList<Change> Changes { get; init; }

        /// <summary>What they change of rules.</summary>
        public required IReadOnlyList<RuleChange> Rules { get; init; }

        /// <summary>The services that they are about.</summary>
        public required IReadOnlySet<IpvsServiceKey> Services { get; init; }

        /// <summary>The servers that drain by them.</summary>
        public required ValueList<DrainingServer> Draining { get; init; }

        /// <summary>The objects beside them that they are about.</summary>
        public required IReadOnlySet<string> Companions { get; init; }
    }

    /// <summary>What is beside the services.</summary>
    internal sealed record Beside
    {
        public required WantedCompanions Wanted { get; init; }

        /// <summary>The objects that may be others than before.</summary>
        public required IReadOnlySet<string> Touched { get; init; }

        /// <summary>Those of the latest list of changes.</summary>
        public IReadOnlySet<string> Own { get; init; } = new HashSet<string>();

        /// <summary>Whether all of it is looked at, not only what is touched.</summary>
        public required bool IsFull { get; init; }

        /// <summary>What was seen.</summary>
        public required FoundCompanions Found { get; init; }
    }
}
