using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c.
// ilb-bench --engine [--memory]: the engine alone; with --memory on an IPVS in memory, where the kernel has none.
bool isEngineAlone = args is ["--engine"] or ["--engine", "--memory"];
if (!isEngineAlone && args.Length != 2)
{
    Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM | --engine [--memory]");
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
