using System.Diagnostics;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>What a program left behind.</summary>
public sealed record CommandResult
{
    public required int ExitCode { get; init; }

    public required string Output { get; init; }

    public required string Error { get; init; }
}

/// <summary>Runs programs, each with a time limit.</summary>
public static class Command
{
    public static TimeSpan Limit { get; } = TimeLimit.FromSeconds(60);

    /// <summary>Runs a program and gives its output; another exit status than 0 is an exception with what it wrote.</summary>
    public static async Task<string> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null, TestNamespace? space = null)
    {
        var list = arguments.ToArray();
        var result = await TryRunAsync(program, list, input, space);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', list)}: exit status {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>Runs a program that may fail.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input; default none.</param>
    /// <param name="space">The namespace that it runs in; default that of the tests.</param>
    public static async Task<CommandResult> TryRunAsync(
        string program, IEnumerable<string> arguments, string? input = null, TestNamespace? space = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        // A process begins in the namespace of the thread that starts it: no need for `ip netns exec`.
        using var process = (space is null ? Process.Start(start) : space.Run(() => Process.Start(start)))
            ?? throw new InvalidOperationException($"{program} did not start");
        try
        {
            // Read while writing: a pipe holds 64 KB.
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await WriteAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult { ExitCode = process.ExitCode, Output = await output, Error = await error };
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{program} {string.Join(' ', start.ArgumentList)} has not ended within {Limit.TotalSeconds} s", e);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task WriteAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything: its exit status says why.
        }
    }
}
