using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>The options that every command has, and what commands do with them.</summary>
internal sealed class Session(Terminal terminal)
{
    private readonly Dictionary<Command, Func<ParseResult, List<string>, Task<int>>> _actions = [];
    private readonly Option<string?> _config = new("--config") { Description = "The configuration file (ILB_CONFIG; default /var/lib/ilb/ilb.json)", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _instance = new("--instance") { Description = "The instance to work on (default ilb)", HelpName = "NAME", Recursive = true };
    private readonly Option<bool> _local = new("--local") { Description = "Without the daemon; this version has none", Recursive = true };

    /// <summary>Options whose feature comes later, by what to call it.</summary>
    private readonly Option<string?> _socket = new("--socket") { Hidden = true, Recursive = true, HelpName = "PATH" };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Only print what would be done" };

    public Option<string?> Wait { get; } = new("--wait") { Hidden = true, Arity = ArgumentArity.ZeroOrOne };

    public Terminal Terminal { get; } = terminal;

    public IEnumerable<Option> Global => [_config, _instance, _local, _socket];

    /// <summary>Options before the subcommand whose next word is their value.</summary>
    public static bool TakesValue(string word) => word is "--config" or "--instance" or "--socket";

    /// <summary>Makes a command that changes something.</summary>
    public Command Changing(string name, string description, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, IReadOnlyList<Change>> changes)
    {
        var command = new Command(name, description);
        foreach (var option in options)
            command.Options.Add(option);
        command.Options.Add(DryRun);
        command.Options.Add(Wait);
        command.Arguments.Add(argument);
        _actions.Add(command, (result, errors) =>
        {
            if (result.GetResult(Wait) is not null)
                errors.Add(Refusal.NotSupported("--wait"));
            var list = changes(result, errors);
            Refusal.ThrowIfAny(errors);
            return ApplyAsync(result, list);
        });
        return command;
    }

    /// <summary>Makes a command that shows something of the configuration. <paramref name="show"/> first checks the options, then returns what writes.</summary>
    public Command Showing(string name, string description, IEnumerable<Option> options, Argument argument, Func<ParseResult, List<string>, Action<Configuration>> show)
    {
        var command = new Command(name, description);
        foreach (var option in options)
            command.Options.Add(option);
        command.Arguments.Add(argument);
        _actions.Add(command, async (result, errors) =>
        {
            var write = show(result, errors);
            Refusal.ThrowIfAny(errors);
            await using var balancer = Open(result);
            write((await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration);
            return ExitStatus.Done;
        });
        return command;
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
        var dryRun = result.GetValue(DryRun);
        var done = await balancer.ApplyAsync(changes, new ApplyOptions { DryRun = dryRun }).ConfigureAwait(false);
        if (dryRun)
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

    private ILoadBalancer Open(ParseResult result)
    {
        var path = result.GetValue(_config) ?? (Terminal.Variable("ILB_CONFIG") is { Length: > 0 } variable ? variable : null);
        return Terminal.Open(new LoadBalancerOptions { Instance = result.GetValue(_instance) ?? "ilb", ConfigurationPath = path });
    }
}
