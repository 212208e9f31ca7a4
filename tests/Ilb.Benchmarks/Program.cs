using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c.
// ilb-bench --engine: the engine alone, on an IPVS in memory, where there is none in the kernel.
var report = new Report();
switch (args)
{
    case ["--engine"]:
        await EngineBenchmark.RunAsync(report, inMemory: true);
        break;
    case [var replay, var ilbadm]:
        await ForwarderBenchmark.RunAsync(report, replay);
        await EngineBenchmark.RunAsync(report, inMemory: false);
        await CommandBenchmark.RunAsync(report, ilbadm);
        break;
    default:
        Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM | --engine");
        return 2;
}

report.Print(Console.Out);
return 0;
