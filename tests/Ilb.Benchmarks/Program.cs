using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c.
// ilb-bench --engine [--memory]: the engine alone; with --memory on an IPVS in memory, where the kernel has none.
// ilb-bench --probes PROBES: TCP checks beside a C program. PROBES is the compiled probes.c.
if (args is ["--probes", var probes])
{
    var checks = new Report();
    await ProbeBenchmark.RunAsync(checks, probes);
    checks.Print(Console.Out);
    return 0;
}

bool isEngineAlone = args is ["--engine"] or ["--engine", "--memory"];
if (!isEngineAlone && args.Length != 2)
{
    Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM | --engine [--memory] | --probes PROBES");
    return 2;
}

var report = new Report();
if (!isEngineAlone)
{
    await ForwarderBenchmark.RunAsync(report, args[0]);
    await CommandBenchmark.RunAsync(report, args[1]);
    await ImportBenchmark.RunAsync(report, args[1]);
}

await EngineBenchmark.RunAsync(report, inMemory: args[^1] == "--memory");
report.Print(Console.Out);
return 0;
