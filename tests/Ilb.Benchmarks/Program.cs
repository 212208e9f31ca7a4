using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM ILBD PROBES: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c, PROBES the compiled probes.c.
// ilb-bench --daemon ILBD: the daemon alone.
// ilb-bench --engine [--memory]: the engine alone; with --memory on an IPVS in memory, where the kernel has none.
// ilb-bench --verdicts [--memory]: a thousand verdicts a second alone.
// ilb-bench --probes PROBES: TCP checks beside a C program. PROBES is the compiled probes.c.
// ilb-bench --keepalived ILBD PROBES: health checks of the daemon beside keepalived, which is on the PATH.
if (args is ["--keepalived", var daemon, var listener])
{
    var beside = new Report();
    await KeepalivedBenchmark.RunAsync(beside, daemon, listener);
    beside.Print(Console.Out);
    return 0;
}

if (args is ["--probes", var probes])
{
    var checks = new Report();
    await ProbeBenchmark.RunAsync(checks, probes);
    checks.Print(Console.Out);
    return 0;
}

if (args is ["--verdicts"] or ["--verdicts", "--memory"])
{
    var verdicts = new Report();
    await TransitionBenchmark.RunAsync(verdicts, inMemory: args.Length == 2);
    verdicts.Print(Console.Out);
    return 0;
}

bool isEngineAlone = args is ["--engine"] or ["--engine", "--memory"];
bool isDaemonAlone = args is ["--daemon", _];
if (!isEngineAlone && !isDaemonAlone && args.Length != 4)
{
    Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM ILBD PROBES | --daemon ILBD | --engine [--memory] | --verdicts [--memory] | --probes PROBES | --keepalived ILBD PROBES");
    return 2;
}

var report = new Report();
if (!isEngineAlone && !isDaemonAlone)
{
    await ForwarderBenchmark.RunAsync(report, args[0]);
    await CommandBenchmark.RunAsync(report, args[1]);
    await ImportBenchmark.RunAsync(report, args[1]);
}

if (!isDaemonAlone)
{
    await EngineBenchmark.RunAsync(report, inMemory: args[^1] == "--memory");
    await TransitionBenchmark.RunAsync(report, inMemory: args[^1] == "--memory");
}

if (!isEngineAlone)
    await DaemonBenchmark.RunAsync(report, isDaemonAlone ? args[1] : args[2]);
if (!isEngineAlone && !isDaemonAlone)
    await KeepalivedBenchmark.RunAsync(report, args[2], args[3]);
report.Print(Console.Out);
return 0;
