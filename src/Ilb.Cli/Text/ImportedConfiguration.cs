using System.Globalization;

namespace Ilb.Cli.Text;

/// <summary>The configuration that a file makes, and which line made what. To create something costs the same however much is there already.</summary>
internal sealed class ImportedConfiguration
{
    private readonly LineErrors _errors;
    private readonly OrderedDictionary<string, ImportedGroup> _groups = [];
    private readonly OrderedDictionary<string, (HealthCheck Check, int? Line)> _checks = [];
    private readonly OrderedDictionary<string, (Rule Rule, int? Line)> _rules = [];

    // What faulty lines would have made: that it does not exist is no fault of its own.
    private readonly HashSet<string?> _doubtful = [];
    private bool _isAllDoubtful;

    // What no line of its own makes.
    private Configuration _rest = Configuration.Empty;

    /// <param name="present">What is there already.</param>
    /// <param name="errors">Where to tell what is wrong.</param>
    public ImportedConfiguration(Configuration present, LineErrors errors)
    {
        _errors = errors;
        Load(present, null);
    }

    /// <summary>Does what a line says.</summary>
    public void Apply(ImportedLine line)
    {
        switch (line.Change)
        {
            case var change when line.IsFaulty:
                Doubt(change);
                break;
            case CreateServerGroup { ServerGroup: var group }:
                AddNew(_groups, group.Name, new ImportedGroup(group.WithNumbers(), line.Line), line, "server group");
                break;
            case CreateHealthCheck { HealthCheck: var check }:
                AddNew(_checks, check.Name, (check, line.Line), line, "health check");
                break;
            case CreateRule { Rule: var rule }:
                AddNew(_rules, rule.Name, (rule, line.Line), line, "rule");
                break;
            case AddServers add when _groups.TryGetValue(add.ServerGroup, out var group):
                foreach (var server in add.Servers.Where(server => server.Number < group.NextNumber))
                    _errors.Add(line.Line, $"server group {Quote.Of(add.ServerGroup)}: number {server.Number} was given before, the next is {group.NextNumber}");
                group.Add(add.Servers, line.Line);
                break;
            case { } change:
                ApplyOther(change, line.Line);
                break;
        }
    }

    public Configuration ToConfiguration() => _rest with
    {
        ServerGroups = _groups.Values.Select(static group => group.ToServerGroup()).ToValueList(),
        HealthChecks = _checks.Values.Select(static entry => entry.Check).ToValueList(),
        Rules = _rules.Values.Select(static entry => entry.Rule).ToValueList(),
    };

    /// <summary>Tells what is wrong with the whole, but for what faulty lines explain.</summary>
    public void Validate()
    {
        foreach (var error in ToConfiguration().Validate().Where(error => !IsExplained(error)))
            Tell(error);
    }

    /// <summary>Tells an error of the configuration, by the line that made the object; false if the error is about none.</summary>
    public bool Tell(IlbError error)
    {
        int? line;
        if (Place(error.Path, "rules[") is { } rule)
            line = _rules.GetAt(rule).Value.Line;
        else if (Place(error.Path, "healthChecks[") is { } check)
            line = _checks.GetAt(check).Value.Line;
        else if (Place(error.Path, "serverGroups[") is { } group)
            line = _groups.GetAt(group).Value.LineOf(Place(error.Path, ".servers["));
        else if (Place(error.Path, "failoverGroups[") is not null)
            line = null;
        else
            return false;
        _errors.Add(line, error.Message);
        return true;
    }

    private void AddNew<T>(OrderedDictionary<string, T> objects, string name, T value, ImportedLine line, string kind)
    {
        if (!objects.TryAdd(name, value))
            _errors.Add(line.Line, $"{kind} {Quote.Of(name)} exists already");
    }

    private void Doubt(Change? change)
    {
        _isAllDoubtful |= change is null;
        _doubtful.Add(change switch
        {
            CreateServerGroup create => create.ServerGroup.Name,
            CreateHealthCheck create => create.HealthCheck.Name,
            CreateRule create => create.Rule.Name,
            _ => "",
        });
    }

    // Rare in a file that describes a configuration, so it may cost what the configuration has.
    private void ApplyOther(Change change, int? line)
    {
        try
        {
            Load(change.ApplyTo(ToConfiguration()), line);
        }
        catch (IlbException e)
        {
            foreach (var error in e.Errors.Where(error => !IsMissing(error.Code) || !IsDoubtful(change)))
                _errors.Add(line, error.Message);
        }
    }

    private bool IsDoubtful(Change change) => _isAllDoubtful || (change is AddServers add ? _doubtful.Contains(add.ServerGroup) : _doubtful.Count > 0);

    private bool IsExplained(IlbError error)
    {
        if (Place(error.Path, "rules[") is { } place && IsMissing(error.Code))
        {
            var rule = _rules.GetAt(place).Value.Rule;
            return _isAllDoubtful || _doubtful.Overlaps([rule.ServerGroup, rule.Sorry?.ServerGroup, rule.Health?.Check]);
        }

        // The address of a host is found out later.
        return error.Code == IlbErrorCode.InvalidServer && error.Path.EndsWith(']') && Place(error.Path, "serverGroups[") is { } group && _groups.GetAt(group).Value.HasHosts;
    }

    private static bool IsMissing(IlbErrorCode code) => code is IlbErrorCode.NoSuchServerGroup or IlbErrorCode.NoSuchServer or IlbErrorCode.NoSuchRule or IlbErrorCode.NotFound;

    private static int? Place(string path, string list)
    {
        var start = path.IndexOf(list, StringComparison.Ordinal) + list.Length;
        return start >= list.Length && path.IndexOf(']', start) is > 0 and var end && int.TryParse(path.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : null;
    }

    // Objects that stay the same keep their lines.
    private void Load(Configuration configuration, int? line)
    {
        var groups = configuration.ServerGroups.Select(group => _groups.TryGetValue(group.Name, out var old) ? old.With(group, line) : new ImportedGroup(group, line)).ToArray();
        var checks = configuration.HealthChecks.Select(check => _checks.TryGetValue(check.Name, out var old) && ReferenceEquals(old.Check, check) ? old : (Check: check, Line: line)).ToArray();
        var rules = configuration.Rules.Select(rule => _rules.TryGetValue(rule.Name, out var old) && ReferenceEquals(old.Rule, rule) ? old : (Rule: rule, Line: line)).ToArray();
        _rest = configuration;
        _groups.Clear();
        _checks.Clear();
        _rules.Clear();
        foreach (var group in groups)
            _groups.Add(group.Name, group);
        foreach (var check in checks)
            _checks.Add(check.Check.Name, check);
        foreach (var rule in rules)
            _rules.Add(rule.Rule.Name, rule);
    }
}
