using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>
/// One verb as data. A command, a line of a file, a request and an audit record are the same changes. A closed family: its members are the records derived from it here.
/// In JSON the member <c>change</c> says its kind, as in <c>{ "change": "create-rule", "rule": { … } }</c>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "change")]
[JsonDerivedType(typeof(CreateServerGroup), "create-servergroup")]
[JsonDerivedType(typeof(DeleteServerGroup), "delete-servergroup")]
[JsonDerivedType(typeof(AddServers), "add-servers")]
[JsonDerivedType(typeof(RemoveServers), "remove-servers")]
[JsonDerivedType(typeof(EnableServers), "enable-servers")]
[JsonDerivedType(typeof(DisableServers), "disable-servers")]
[JsonDerivedType(typeof(CreateHealthCheck), "create-healthcheck")]
[JsonDerivedType(typeof(DeleteHealthChecks), "delete-healthchecks")]
[JsonDerivedType(typeof(SetHealthCheck), "set-healthcheck")]
[JsonDerivedType(typeof(SetServers), "set-servers")]
[JsonDerivedType(typeof(SetRule), "set-rule")]
[JsonDerivedType(typeof(ReplaceAll), "replace-all")]
[JsonDerivedType(typeof(CreateRule), "create-rule")]
[JsonDerivedType(typeof(DeleteRules), "delete-rules")]
[JsonDerivedType(typeof(EnableRules), "enable-rules")]
[JsonDerivedType(typeof(DisableRules), "disable-rules")]
[JsonDerivedType(typeof(CreateFailoverGroup), "create-failovergroup")]
[JsonDerivedType(typeof(DeleteFailoverGroups), "delete-failovergroups")]
[JsonDerivedType(typeof(SetFailoverGroup), "set-failovergroup")]
[JsonDerivedType(typeof(EnableFailoverGroups), "enable-failovergroups")]
[JsonDerivedType(typeof(DisableFailoverGroups), "disable-failovergroups")]
public abstract record Change
{
    private protected Change()
    {
    }

    /// <summary>What who asks for it must be allowed to do.</summary>
    [JsonIgnore]
    public virtual AccessRight Right => AccessRight.Change;

    /// <summary>The host names that <see cref="Resolve"/> needs the addresses of.</summary>
    [JsonIgnore]
    public virtual ValueList<string> Hosts => [];

    /// <summary>The same change with everything given that is found out only once: addresses of host names, numbers of servers and rules. Applying the result gives the same configuration everywhere.</summary>
    /// <param name="configuration">What it will be applied to.</param>
    /// <param name="hosts">The addresses of each of <see cref="Hosts"/>, in the resolver's order.</param>
    /// <exception cref="IlbException">A host has no address: <see cref="IlbErrorCode.HostNotFound"/>.</exception>
    public virtual Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts) => this;

    /// <summary>Members that are missing: <see cref="IlbErrorCode.InvalidArgument"/> for each; empty if none is. What else may be wrong, <see cref="ApplyTo"/> finds.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        CheckGiven(errors);
        return errors.ToValueList();
    }

    /// <summary>The configuration after the change. Pure.</summary>
    /// <param name="configuration">The configuration before; valid.</param>
    /// <exception cref="IlbException">The change is refused, with all reasons; each change documents its codes.</exception>
    public Configuration ApplyTo(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var errors = new ErrorList();
        CheckGiven(errors);
        errors.ThrowIfAny();
        var result = Apply(configuration, errors);
        errors.ThrowIfAny();
        return result;
    }

    /// <summary>For a person: <c>delete rule 'web'</c>. Where something is set, the names of what is.</summary>
    public sealed override string ToString() => ChangeText.Of(this);

    private protected abstract void CheckGiven(ErrorList errors);

    /// <summary>The configuration after the change; what it is does not matter when there are errors.</summary>
    private protected abstract Configuration Apply(Configuration configuration, ErrorList errors);
}
