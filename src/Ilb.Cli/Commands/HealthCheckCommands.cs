using System.CommandLine;
using System.Globalization;
using Ilb.Cli.Output;

namespace Ilb.Cli.Commands;

/// <summary>create-, set-, delete- and show-healthcheck.</summary>
internal static class HealthCheckCommands
{
    private static readonly Column<HealthCheck>[] Columns =
    [
        new() { Name = "HCNAME", IsDefault = true, Value = static check => check.Name },
        new() { Name = "TIMEOUT", IsDefault = true, Value = static check => Duration.Format(check.Timeout) },
        new() { Name = "COUNT", IsDefault = true, Value = static check => check.Count.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "INTERVAL", IsDefault = true, Value = static check => Duration.Format(check.Interval) },
        new() { Name = "DEF_PING", IsDefault = true, Value = static check => check.DefaultPing ? "Y" : "N" },
        new() { Name = "TEST", IsDefault = true, Value = static check => check.Test.ToString() },
        new() { Name = "RISE", Value = static check => check.Rise.ToString(CultureInfo.InvariantCulture) },
        new() { Name = "FAST", Value = static check => check.Fast is { } fast ? Duration.Format(fast) : null },
    ];

    public static Command Create(Session session)
    {
        var (test, noPing) = (TestOption(isRequired: true), NoPingOption());
        var name = new Argument<string>("name") { Description = "The health check's name" };
        return session.Changing("create-healthcheck", [test, noPing], name, (result, errors) =>
        {
            var check = new HealthCheck { Name = result.Of(name), Test = new PingTest(), DefaultPing = !result.GetValue(noPing) };
            return [new CreateHealthCheck { HealthCheck = test.Parse(result, isNew: true, errors) is [var keys] ? With(check, keys) : check }];
        });
    }

    public static Command Set(Session session)
    {
        var (test, noPing) = (TestOption(isRequired: false), NoPingOption());
        var ping = new Option<bool>("--default-ping") { Description = "With the default ping again", Arity = ArgumentArity.Zero };
        var name = new Argument<string>("name") { Description = "The health check's name" };
        return session.Editing("set-healthcheck", [test, noPing, ping], name, (result, configuration, errors) =>
        {
            if (result.GetResult(test) is null && !result.GetValue(noPing) && !result.GetValue(ping))
                errors.Add("set-healthcheck: nothing is given to change");
            if (result.GetValue(noPing) && result.GetValue(ping))
                errors.Add("-n does not go with --default-ping");
            if (configuration.FindHealthCheck(result.Of(name)) is not { } check)
            {
                if (result.Of(name).Length > 0)
                    errors.Add(Chosen.NotFound("health check", result.Of(name), configuration.HealthChecks.Select(static check => check.Name)));
                return [];
            }

            var next = test.Parse(result, isNew: false, errors) is [var keys] ? With(check, keys) : check;
            return [SetHealthCheck.Between(check, next with { DefaultPing = result.GetValue(ping) || (next.DefaultPing && !result.GetValue(noPing)) })];
        });
    }

    public static Command Delete(Session session)
    {
        var names = new Argument<string[]>("name") { Description = "The health checks", Arity = ArgumentArity.OneOrMore };
        return session.Changing("delete-healthcheck", [], names, (result, _) => [new DeleteHealthChecks { Names = result.Of(names).ToValueList() }]);
    }

    public static Command Show(Session session)
    {
        var report = new Report<HealthCheck>(Columns);
        var names = new Argument<string[]>("name") { Description = "The health checks; none = all", Arity = ArgumentArity.ZeroOrMore };
        return session.Showing("show-healthcheck", report.Options, names, (result, errors) =>
        {
            var columns = report.Choose(result, errors);
            return configuration =>
            {
                var checks = Chosen.Of(configuration.HealthChecks, static check => check.Name, result.Of(names), "health check");
                if (report.IsJson(result))
                    session.Terminal.Output.Write(JsonText.Write(new Configuration { HealthChecks = checks }));
                else
                    report.Write(result, session.Terminal.Output, columns, checks);
            };
        });
    }

    private static KeysOption TestOption(bool isRequired) => new("-h", "--health", HealthCheckText.Keys)
    {
        Description = "The test and when it is made; times in seconds, or with ms, s, m, h or d such as 500ms",
        HelpName = "hc-test=TEST[,KEY=VALUE]",
        Required = isRequired,
    };

    private static Option<bool> NoPingOption() => new("-n", "--no-ping") { Description = "Without the default ping before the test; not for PING and UDP", Arity = ArgumentArity.Zero };

    private static HealthCheck With(HealthCheck check, KeyList keys)
    {
        var next = HealthCheckText.With(check, keys);
        keys.RefuseRest($"a {next.Test} test");
        return next;
    }
}
