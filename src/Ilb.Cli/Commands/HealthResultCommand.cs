using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ilb.Cli.Output;
using Ilb.Cli.Text;

namespace Ilb.Cli.Commands;

/// <summary>show-hc-result.</summary>
internal static class HealthResultCommand
{
    public static Command Make(Session session)
    {
        var report = new Report<Line>(Columns(session.Terminal.Time));
        var names = new Argument<string[]>("rule") { Description = "The rules; none = all that have something to tell", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-hc-result", report.Options, names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            return async balancer =>
            {
                var configuration = (await balancer.GetConfigurationAsync().ConfigureAwait(false)).Configuration;
                var rules = Chosen.Of(configuration.Rules, static rule => rule.Name, result.Of(names), "rule");
                var checks = rules.ToDictionary(static rule => rule.Name, static rule => rule.Health?.Check);
                var state = Watched.MayTell(rules, balancer) ? await balancer.GetStateAsync().ConfigureAwait(false) : null;
                var lines = state is null ? [] : Lines(state, checks);
                if (result.Of(names).Length > 0)
                    Refusal.ThrowIfAny([.. rules.Where(rule => rule.Health is null && lines.All(line => line.Rule != rule.Name)).Select(static rule => $"rule {Quote.Of(rule.Name)} has no health check, and nobody else says anything of its servers")]);
                if (report.IsJson(result))
                    session.Terminal.Output.Write(JsonText.Write(writer => WriteJson(writer, rules.Any(Watched.IsWatched) ? state?.IsChecked : null, lines)));
                else
                    report.Write(result, session.Terminal.Output, columns, lines);
                if (state is { IsChecked: false } && rules.Any(Watched.IsWatched))
                    await session.Terminal.Error.WriteLineAsync("ilbadm: no checker runs (see ilbd): what is shown is what was found last").ConfigureAwait(false);
            };
        });
    }

    private static Column<Line>[] Columns(TimeProvider clock) =>
    [
        new() { Name = "RULENAME", IsDefault = true, Value = static line => line.Rule },
        new() { Name = "HCNAME", IsDefault = true, Value = static line => line.Check },
        new() { Name = "SERVERID", IsDefault = true, Value = static line => line.Server.ToString() },
        new() { Name = "STATUS", IsDefault = true, Value = static line => line.Found.Status.ToText() },
        new() { Name = "FAIL", IsDefault = true, Value = static line => line.Found.Failures.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "LAST", IsDefault = true, Value = line => line.Found.Last is { } last ? ClockText.Short(last, clock) : null },
        new() { Name = "NEXT", IsDefault = true, Value = line => line.Found.Next is { } next ? ClockText.Short(next, clock) : null },
        new() { Name = "RTT", IsDefault = true, Value = static line => line.Found.RoundTrip is { } time ? ClockText.Length(time) : null },
        new() { Name = "REASON", Value = static line => line.Found.Reason },
        new() { Name = "SOURCE", Value = static line => line.Found.Status is ServerHealth.Unknown or ServerHealth.Disabled ? null : line.Found.Source.ToText() },
        new() { Name = "UNTIL", Value = line => line.Found.Until is { } until ? ClockText.Short(until, clock) : null },
    ];

    private static Line[] Lines(LoadBalancerState state, Dictionary<string, string?> checks) =>
    [
        .. from rule in state.Rules
           where checks.ContainsKey(rule.Rule)
           from server in rule.Servers
           where server.Health is not null
           select new Line { Rule = rule.Rule, Check = checks[rule.Rule], Server = server.Server, Found = server.Health! },
    ];

    // The members of a result as the daemon's answers have them.
    private static void WriteJson(Utf8JsonWriter writer, bool? isChecked, IEnumerable<Line> lines)
    {
        if (isChecked is { } known)
            writer.WriteBoolean("isChecked", known);
        writer.WriteStartArray("results");
        foreach (var line in lines)
        {
            writer.WriteStartObject();
            writer.WriteString("rule", line.Rule);
            if (line.Check is not null)
                writer.WriteString("healthCheck", line.Check);
            writer.WriteString("server", line.Server.ToString());
            writer.WriteString("status", line.Found.Status.ToText());
            writer.WriteNumber("failures", line.Found.Failures);
            if (line.Found.Last is { } last)
                writer.WriteString("last", last);
            if (line.Found.Next is { } next)
                writer.WriteString("next", next);
            if (line.Found.RoundTrip is { } time)
                writer.WriteNumber("roundTrip", (decimal)time.Ticks / TimeSpan.TicksPerSecond);
            if (line.Found.Reason is not null)
                writer.WriteString("reason", line.Found.Reason);
            if (line.Found.Source != VerdictSource.Check)
                writer.WriteString("source", line.Found.Source.ToText());
            if (line.Found.Until is { } until)
                writer.WriteString("until", until);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A server in a rule.</summary>
    private sealed record Line
    {
        public required string Rule { get; init; }

        public required string? Check { get; init; }

        public required ServerId Server { get; init; }

        public required HealthResult Found { get; init; }
    }
}
