using Ilb.Cli;

return await Ilbadm.RunAsync(args, Terminal.System).ConfigureAwait(false);
