using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>The options that every command has, and what commands do with them.</summary>
internal sealed class Session(Terminal terminal)
{
    private readonly Dictionary<Command, Func<ParseResult, List<string>, Task<int>>> _actions = [];
    private readonly Dictionary<Command, Func<ParseResult, List<string>, IReadOnlyList<Change>>> _changes = [];
    private readonly Option<string?> _config = new("--config") { Description = "The configuration file (ILB_CONFIG; default /var/lib/ilb/ilb.json)", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _instance = new("--instance") { Description = "The instance to work on (default ilb)", HelpName = "NAME", Recursive = true };
    private readonly Option<bool> _local = new("--local") { Description = "Without the daemon; this version has none", Recursive = true };

    /// <summary>Options whose feature comes later, by what to call it.</summary>
    private readonly Option<string?> _socket = new("--socket") { Hidden = true, Recursive = true, HelpName = "PATH" };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only print what would be done" };

    public Option<string?> Wait { get; } = new("--wait") { Hidden = true, Arity = ArgumentArity.ZeroOrOne };

    public Terminal Terminal { get; } = terminal;

    /// <summary>The command with all subcommands.</summary>
    public RootCommand Root { get; } = new("Ilb balances load inside the Linux kernel: rules say which packets go to which group of servers.");

    public IEnumerable<Option> Global => [_config, _instance, _local, _socket];

    /// <summary>Options before the subcommand whose next word is their value.</summary>
    public static bool TakesValue(string word) => word is "--config" or "--instance" or "--socket";

    /// <summary>Makes a command that changes something.</summary>
    public Command Changing(string name, string description, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, IReadOnlyList<Change>> changes)
    {
        var command = Acting(name, description, [.. options, DryRun, Wait], argument, (result, errors) =>
        {
            if (result.GetResult(Wait) is not null)
                errors.Add(Refusal.NotSupported("--wait"));
            var list = changes(result, errors);
            Refusal.ThrowIfAny(errors);
            return ApplyAsync(result, list);
        });
        _changes.Add(command, changes);
        return command;
    }

    /// <summary>Makes a command that shows something of the configuration. <paramref name="show"/> first checks the options, then returns what writes.</summary>
    public Command Showing(string name, string description, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Action<Configuration>> show)
    {
        return Acting(name, description, options, argument, async (result, errors) =>
        {
            var write = show(result, errors);
            Refusal.ThrowIfAny(errors);
            await using var balancer = Open(result);
            write((await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration);
            return ExitStatus.Done;
        });
    }

    /// <summary>Makes a command. <paramref name="act"/> first tells what is wrong with its options, beside what the parser found.</summary>
    public Command Acting(string name, string description, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Task<int>> act)
    {
        var command = new Command(name, description);
        foreach (var option in options)
            command.Options.Add(option);
        command.Arguments.Add(argument);
        _actions.Add(command, act);
        return command;
    }

    /// <summary>What a subcommand in a file asks for, as far as it can be read; null if there is no such subcommand.</summary>
    /// <param name="words">The subcommand and its arguments.</param>
    /// <param name="errors">Gets what is wrong.</param>
    public IReadOnlyList<Change>? ReadLine(string[] words, List<string> errors)
    {
        try
        {
            var (parsed, faults) = Ilbadm.Parse(Root, words);
            errors.AddRange(faults);
            errors.AddRange(Root.Options.Append(DryRun).Append(Wait).Where(option => parsed.GetResult(option) is { Implicit: false }).Select(static option => $"{option.Name} does not stand in a file"));
            if (_changes.TryGetValue(parsed.CommandResult.Command, out var changes))
                return changes(parsed, errors);
            errors.Add($"{parsed.CommandResult.Command.Name} changes nothing: it does not stand in a file");
            return [];
        }
        catch (Refusal refusal)
        {
            errors.AddRange(refusal.Messages);
            return null;
        }
    }

    /// <summary>Runs the command that was parsed, if nothing was wrong with its options; all that was is told at once.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="errors">What the parser found wrong.</param>
    public Task<int> RunAsync(ParseResult result, List<string> errors)
    {
        if (result.GetResult(_socket) is not null)
            errors.Add(Refusal.NotSupported("--socket (the daemon)"));
        if (_actions.TryGetValue(result.CommandResult.Command, out var action))
            return action(result, errors);
        throw new Refusal(errors);
    }

    private async Task<int> ApplyAsync(ParseResult result, IReadOnlyList<Change> changes)
    {
        await using var balancer = Open(result);
        return await ApplyAsync(balancer, changes, new ApplyOptions { DryRun = result.GetValue(DryRun) }).ConfigureAwait(false);
    }

    /// <summary>Applies changes and tells what was done.</summary>
    public async Task<int> ApplyAsync(ILoadBalancer balancer, IReadOnlyList<Change> changes, ApplyOptions options)
    {
        var done = await balancer.ApplyAsync(changes, options).ConfigureAwait(false);
        if (options.DryRun)
        {
            foreach (var step in done.Steps)
                await Terminal.Output.WriteLineAsync(step.ToString()).ConfigureAwait(false);
            if (done.Steps.Count == 0)
                await Terminal.Output.WriteLineAsync("the kernel needs no change").ConfigureAwait(false);
            return ExitStatus.Done;
        }

        if (done.Converged)
            return ExitStatus.Done;
        foreach (var step in done.Steps)
        {
            if (step.Failure is { } failure)
                await Terminal.Error.WriteLineAsync($"ilbadm: could not {step}: {failure.Message}{(failure.Errno == 0 ? "" : $" (errno {failure.Errno})")}").ConfigureAwait(false);
        }

        await Terminal.Error.WriteLineAsync("ilbadm: the configuration is saved, but the kernel does not hold all of it yet; the next command tries again").ConfigureAwait(false);
        return ExitStatus.NotConverged;
    }

    public ILoadBalancer Open(ParseResult result)
    {
        var path = result.GetValue(_config) ?? (Terminal.Variable("ILB_CONFIG") is { Length: > 0 } variable ? variable : null);
        return Terminal.Open(new LoadBalancerOptions { Instance = result.GetValue(_instance) ?? "ilb", ConfigurationPath = path });
    }
}
