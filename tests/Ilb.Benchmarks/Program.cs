using Ilb.Benchmarks;

// ilb-bench REPLAY ILBADM: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c.
if (args is not [var replay, var ilbadm])
{
    Console.Error.WriteLine("usage: ilb-bench REPLAY ILBADM");
    return 2;
}

var report = new Report();
await ForwarderBenchmark.RunAsync(report, replay);
await CommandBenchmark.RunAsync(report, ilbadm);
report.Print(Console.Out);
return 0;
