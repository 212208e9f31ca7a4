using Ilb.Daemon.Running;

return await Ilbd.RunAsync(args).ConfigureAwait(false);
