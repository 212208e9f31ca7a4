using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM ILBD PROBES: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c, PROBES the compiled probes.c.
// ilb-bench --daemon ILBD: the daemon alone.
// ilb-bench --engine [--memory]: the engine alone; with --memory on an IPVS in memory, where the kernel has none.
// ilb-bench --verdicts [--memory]: a thousand verdicts a second alone.
// ilb-bench --probes PROBES: TCP checks beside a C program. PROBES is the compiled probes.c.
// ilb-bench --keepalived ILBD PROBES: health checks of the daemon beside keepalived, which is on the PATH.
var report = new Report();
switch (args)
{
    case ["--keepalived", var ilbd, var probes]:
        await KeepalivedBenchmark.RunAsync(report, ilbd, probes);
        break;
    case ["--probes", var probes]:
        await ProbeBenchmark.RunAsync(report, probes);
        break;
    case ["--verdicts"] or ["--verdicts", "--memory"]:
        await TransitionBenchmark.RunAsync(report, inMemory: args.Length == 2);
        break;
    case ["--engine"] or ["--engine", "--memory"]:
        await EngineBenchmark.RunAsync(report, inMemory: args.Length == 2);
        await TransitionBenchmark.RunAsync(report, inMemory: args.Length == 2);
        break;
    case ["--daemon", var ilbd]:
        await DaemonBenchmark.RunAsync(report, ilbd);
        break;
    case [var replay, var ilbadm, var ilbd, var probes]:
        await ForwarderBenchmark.RunAsync(report, replay);
        await CommandBenchmark.RunAsync(report, ilbadm);
        await ImportBenchmark.RunAsync(report, ilbadm);
        await EngineBenchmark.RunAsync(report, inMemory: false);
        await TransitionBenchmark.RunAsync(report, inMemory: false);
        await DaemonBenchmark.RunAsync(report, ilbd);
        await KeepalivedBenchmark.RunAsync(report, ilbd, probes);
        break;
    default:
        Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM ILBD PROBES | --daemon ILBD | --engine [--memory] | --verdicts [--memory] | --probes PROBES | --keepalived ILBD PROBES");
        return 2;
}

report.Print(Console.Out);
return 0;
