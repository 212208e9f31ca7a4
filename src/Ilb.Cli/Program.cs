using Ilb;
using Ilb.Cli;

StandardStreams.Ensure();
return await Ilbadm.RunAsync(args, Terminal.System).ConfigureAwait(false);
