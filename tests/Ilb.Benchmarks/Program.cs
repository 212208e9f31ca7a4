using Ilb.Benchmarks;

// ilb-bench REPLAY: what the project measures, beside its peers, in one run. REPLAY is the compiled replay.c.
if (args is not [var replay])
{
    Console.Error.WriteLine("usage: ilb-bench REPLAY");
    return 2;
}

var report = new Report();
await ForwarderBenchmark.RunAsync(report, replay);
report.Print(Console.Out);
return 0;
