using System.CommandLine;
using System.CommandLine.Help;
using Ilb.Cli.Text;

namespace Ilb.Cli.Commands;

/// <summary>The options that every command has, and what commands do with them.</summary>
internal sealed class Session
{
    private readonly Option<string?> _config = new("--config") { Description = "The configuration file; also ILB_CONFIG; default /var/lib/ilb/ilb.json", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _instance = new("--instance") { Description = "The instance to work on; default ilb", HelpName = "NAME", Recursive = true };
    private readonly Option<string?> _socket = new("--socket") { Description = "The daemon's socket; also ILB_SOCKET; default /run/ilb/ilbd.sock, where a daemon need not be", HelpName = "PATH", Recursive = true };
    private readonly Option<bool> _local = new("--local") { Description = "Without the daemon", Arity = ArgumentArity.Zero, Recursive = true };

    private readonly Option<string?> _wait = new("--wait") { Description = "Wait until what loses its new connections by this has none any more, at most so long", HelpName = "[=SECONDS]", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>What stands for the time of <c>--wait</c> where none is given.</summary>
    public const string Forever = "forever";

    private static readonly TimeSpan WaitSlice = TimeSpan.FromSeconds(3);

    // What the command does, and the changes that it asks for, if it changes something.
    private Func<ParseResult, List<string>, Task<int>>? _action;
    private Func<ParseResult, Func<Configuration>, List<string>, IReadOnlyList<Change>>? _changes;

    /// <summary>Makes a subcommand, or none where none is given. Only the chosen one: the others would cost more than all the rest of a start.</summary>
    public Session(Terminal terminal, Verb? verb)
    {
        Terminal = terminal;
        Verb = verb;
        Root.Options.Clear();
        Root.Directives.Clear();
        Root.Options.Add(new HelpOption("--help", "-?") { Description = "This help", Action = new ShowHelp(verb) });
        Root.Options.Add(new VersionOption("--version", "-V") { Description = "The version", Recursive = true, Action = new ShowVersion() });
        foreach (var option in (Option[])[_config, _instance, _socket, _local])
            Root.Options.Add(option);
        if (verb is not null)
            Root.Subcommands.Add(verb.Make(this));
    }

    public Verb? Verb { get; }

    /// <summary>Whether the subcommand has <c>--wait</c>.</summary>
    public bool CanWait => Root.Subcommands is [var command] && command.Options.Contains(_wait);

    public RootCommand Root { get; } = new();

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only print what would happen to the configuration and to the kernel", Arity = ArgumentArity.Zero };

    public Terminal Terminal { get; }

    /// <summary>Makes a command that changes something.</summary>
    /// <param name="name">The command's name.</param>
    /// <param name="options">Its own options.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="changes">Reads the options.</param>
    /// <param name="isDivisible">Whether what is well-formed can be checked although something else is not.</param>
    public Command Changing(string name, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, IReadOnlyList<Change>> changes, bool isDivisible = false)
    {
        _changes = (result, _, errors) => changes(result, errors);
        return Changing(name, options, argument, async (result, errors) =>
        {
            var list = changes(result, errors);
            if (!isDivisible)
                Refusal.ThrowIfAny(errors);
            await using var balancer = await OpenAsync(result).ConfigureAwait(false);
            if (errors.Count > 0)
                throw new Refusal([.. errors, .. await RefusalsAsync(balancer, list).ConfigureAwait(false)]);
            var options = new ApplyOptions { DryRun = result.GetValue(DryRun) };
            return await TellAsync(result, balancer, await balancer.ApplyAsync(list, options).ConfigureAwait(false), options).ConfigureAwait(false);
        });
    }

    /// <summary>Makes a command that changes an object in place: what it is now matters for what is given.</summary>
    public Command Editing(string name, IEnumerable<Option> options, Argument argument, Func<ParseResult, Configuration, List<string>, IReadOnlyList<Change>> changes)
    {
        _changes = (result, present, errors) => changes(result, present(), errors);
        return Changing(name, options, argument, async (result, errors) =>
        {
            // A line that was misread names the wrong object.
            Refusal.ThrowIfAny(errors);
            await using var balancer = await OpenAsync(result).ConfigureAwait(false);
            var options = new ApplyOptions { DryRun = result.GetValue(DryRun) };
            var done = await balancer.UpdateAsync(present => Decide(present), options).ConfigureAwait(false);
            return await TellAsync(result, balancer, done, options).ConfigureAwait(false);

            IReadOnlyList<Change> Decide(Configuration present)
            {
                var list = changes(result, present, errors);
                Refusal.ThrowIfAny(errors);
                return list;
            }
        });
    }

    /// <summary>Makes a command that shows something of the configuration. <paramref name="show"/> first checks the options, then returns what writes.</summary>
    public Command Showing(string name, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Action<Configuration>> show) =>
        Showing(name, options, argument, (result, errors) =>
        {
            var write = show(result, errors);
            return async balancer => write((await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration);
        });

    /// <summary>Makes a command that shows something. <paramref name="show"/> first checks the options, then returns what reads and writes.</summary>
    public Command Showing(string name, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Func<ILoadBalancer, Task>> show) =>
        Acting(name, options, argument, async (result, errors) =>
        {
            var write = show(result, errors);
            Refusal.ThrowIfAny(errors);
            await using var balancer = await OpenAsync(result).ConfigureAwait(false);
            await write(balancer).ConfigureAwait(false);
            return ExitStatus.Done;
        });

    /// <summary>What the subcommand in a line of a file asks for.</summary>
    public IReadOnlyList<Change> ReadLine(string[] words, int place, Func<Configuration> present, List<string> errors)
    {
        var (parsed, faults) = Ilbadm.Parse(this, words, place);
        errors.AddRange(faults);
        errors.AddRange(Root.Options.Append(DryRun).Append(_wait).Where(option => parsed.GetResult(option) is { Implicit: false }).Select(static option => $"{option.Name} does not stand in a file"));
        if (_changes is not null)
            return _changes(parsed, present, errors);
        errors.Add(Verb is null ? "a subcommand is missing" : $"{Verb.Name} does not stand in a file");
        return [];
    }

    /// <summary>Runs the command that was parsed, if nothing was wrong with its options; all that was is told at once.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="errors">What the parser found wrong.</param>
    public Task<int> RunAsync(ParseResult result, List<string> errors)
    {
        if (result.GetValue(_local) && result.GetResult(_socket) is not null)
            errors.Add("--local does not go with --socket");
        return _action!(result, errors);
    }

    private Command Changing(string name, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Task<int>> action) =>
        Acting(name, [.. options, DryRun, _wait], argument, (result, errors) =>
        {
            if (result.GetValue(_wait) is { } text and not Forever && !Duration.TryParse(text, out _))
                errors.Add($"--wait: {Quote.Of(text.Trim())} is not a number of seconds, nor a duration such as 5m, up to {Duration.Maximum.Days}d");
            if (result.GetResult(_wait) is not null && result.GetValue(DryRun))
                errors.Add("--wait does not go with --dry-run");
            return action(result, errors);
        });

    /// <summary>Makes a command. <paramref name="action"/> first tells what is wrong with its options, beside what the parser found.</summary>
    public Command Acting(string name, IEnumerable<Option> options, Argument? argument, Func<ParseResult, List<string>, Task<int>> action)
    {
        var command = new Command(name);
        foreach (var option in options)
            command.Options.Add(option);
        if (argument is not null)
            command.Arguments.Add(argument);
        _action = action;
        return command;
    }

    private static async Task<IEnumerable<string>> RefusalsAsync(ILoadBalancer balancer, IReadOnlyList<Change> changes)
    {
        try
        {
            var configuration = (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration;
            foreach (var change in changes)
                configuration = change.ApplyTo(configuration);
            return [];
        }
        catch (IlbException e)
        {
            return e.Errors.Select(static error => error.Message);
        }
    }

    /// <summary>Tells what was done, or in a dry run would be; and waits for what drains, if that is asked for.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="balancer">Who did it.</param>
    /// <param name="done">What was done; null if nothing was to be.</param>
    /// <param name="options">How it was asked for.</param>
    public async Task<int> TellAsync(ParseResult result, ILoadBalancer balancer, ApplyResult? done, ApplyOptions options)
    {
        if (options.DryRun)
        {
            await TellPlanAsync(balancer, done?.Changes ?? [], done?.Steps ?? []).ConfigureAwait(false);
            foreach (var line in DrainText.Lines(done?.Draining ?? [], Terminal.Time.GetUtcNow(), hasDaemon: true))
                await Terminal.Output.WriteLineAsync($"connections: {line}").ConfigureAwait(false);
            return ExitStatus.Done;
        }

        if (done is null)
            return ExitStatus.Done;
        await WarnAsync(balancer, done).ConfigureAwait(false);
        if (result.GetResult(_wait) is not null)
        {
            if (!await WaitAsync(result, balancer, done).ConfigureAwait(false))
                return ExitStatus.NotConverged;
        }
        else
        {
            foreach (var line in DrainText.Lines(done.Draining, Terminal.Time.GetUtcNow(), balancer is RemoteLoadBalancer))
                await Terminal.Error.WriteLineAsync($"ilbadm: {line}").ConfigureAwait(false);
        }

        if (done.Converged)
            return ExitStatus.Done;
        foreach (var step in done.Steps)
        {
            if (step.Failure is { } failure)
                await Terminal.Error.WriteLineAsync($"ilbadm: could not {step}: {failure.Message}{(failure.Errno == 0 ? "" : $" (errno {failure.Errno})")}").ConfigureAwait(false);
        }

        var who = balancer is RemoteLoadBalancer ? "the daemon" : "the next command";
        await Terminal.Error.WriteLineAsync($"ilbadm: the configuration is saved, but the kernel does not hold all of it yet; {who} tries again").ConfigureAwait(false);
        return ExitStatus.NotConverged;
    }

    // Whether all is drained in time.
    private async Task<bool> WaitAsync(ParseResult result, ILoadBalancer balancer, ApplyResult done)
    {
        TimeSpan? timeout = result.GetValue(_wait) is { } text and not Forever ? Duration.Parse(text) : null;
        if (balancer is RemoteLoadBalancer)
        {
            try
            {
                return await TellLateAsync(await balancer.WaitForDrainAsync(done, timeout, Terminal.Time).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.DaemonUnreachable)
            {
                await Terminal.Error.WriteLineAsync($"ilbadm: the change is made, but whether its connections have ended is not known: {e.Message}").ConfigureAwait(false);
                return false;
            }
        }

        // This process holds the instance, and others must have their turn: a look at a time, by one that opens it anew.
        await balancer.DisposeAsync().ConfigureAwait(false);
        var start = Terminal.Time.GetTimestamp();
        while (true)
        {
            await using var watcher = await OpenAsync(result).ConfigureAwait(false);
            var left = timeout - Terminal.Time.GetElapsedTime(start);
            var late = await watcher.WaitForDrainAsync(done, left < WaitSlice ? left : WaitSlice, Terminal.Time).ConfigureAwait(false);
            if (late.Count == 0 || left <= WaitSlice)
                return await TellLateAsync(late).ConfigureAwait(false);
        }
    }

    private async Task<bool> TellLateAsync(ValueList<DrainingServer> late)
    {
        foreach (var line in DrainText.LateLines(late))
            await Terminal.Error.WriteLineAsync($"ilbadm: {line}").ConfigureAwait(false);
        return late.Count == 0;
    }

    // The kernel has one timeout for all connections of a protocol: who asks for another learns which.
    private async Task WarnAsync(ILoadBalancer balancer, ApplyResult done)
    {
        if (!done.Changes.Any(static change => change is CreateRule { Rule.NatTimeout: not null } or SetRule { NatTimeout: not null } or EnableRules or ReplaceAll))
            return;
        var rules = (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration.Rules.Where(static rule => rule is { Enabled: true, NatTimeout: not null, FirewallMark: null });
        foreach (var same in rules.GroupBy(static rule => rule.Protocol).Where(static same => same.DistinctBy(static rule => rule.NatTimeout).Count() > 1))
        {
            var (longest, other) = (same.MaxBy(static rule => rule.NatTimeout)!, same.MinBy(static rule => rule.NatTimeout)!);
            await Terminal.Error.WriteLineAsync($"ilbadm: rules {Quote.Of(longest.Name)} and {Quote.Of(other.Name)} have different nat-timeouts, but the kernel has one for all {same.Key.ToText()} connections: the longest, {(long)longest.NatTimeout!.Value.TotalSeconds} s, counts").ConfigureAwait(false);
        }
    }

    /// <summary>The load balancer that the options name: the daemon, or one in this process.</summary>
    public async Task<ILoadBalancer> OpenAsync(ParseResult result)
    {
        var options = new LoadBalancerOptions
        {
            Instance = result.GetValue(_instance) ?? "ilb",
            ConfigurationPath = result.GetValue(_config) ?? Variable("ILB_CONFIG"),
            SocketPath = result.GetValue(_socket) ?? Variable("ILB_SOCKET"),
        };
        if (result.GetValue(_local))
            return Terminal.Create(options);
        try
        {
            return await Terminal.Connect(options).ConfigureAwait(false);
        }
        catch (IlbException e) when (e.Errors.All(static error => error.Code == IlbErrorCode.OtherDaemon))
        {
            throw new Refusal([.. e.Errors.Select(static error => $"{error.Message}: {Remedy(error)}")]);
        }
    }

    private string? Variable(string name) => Terminal.Variable(name) is { Length: > 0 } value ? value : null;

    private static string Remedy(IlbError error) => error.Path switch
    {
        "configurationPath" => "leave out --config and ILB_CONFIG, or work without the daemon (--local) under another --instance",
        "instance" => "name the instance's own socket (--socket), or work without the daemon (--local)",
        _ => "name the socket (--socket) to work there, or work here without the daemon (--local)",
    };

    private async Task TellPlanAsync(ILoadBalancer balancer, ValueList<Change> changes, ValueList<PlanStep> steps)
    {
        var lines = changes is [ReplaceAll { Configuration: var next }]
            ? ConfigurationDifference.Of((await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration, next)
            : changes.Select(static change => change.ToString());
        foreach (var line in lines)
            await Terminal.Output.WriteLineAsync($"configuration: {line}").ConfigureAwait(false);
        foreach (var step in steps)
            await Terminal.Output.WriteLineAsync($"kernel: {step}{(step.Failure is { } failure ? $", which will fail: {failure.Message}" : "")}").ConfigureAwait(false);
        if (steps.Count == 0)
            await Terminal.Output.WriteLineAsync("kernel: no change").ConfigureAwait(false);
    }
}
