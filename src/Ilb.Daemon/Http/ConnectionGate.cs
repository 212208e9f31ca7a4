using System.IO.Pipelines;
using System.Net.Sockets;
using Ilb.Daemon.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Ilb.Daemon.Http;

/// <summary>What every connection goes through first: who is it, and has it not too many already.</summary>
internal sealed class ConnectionGate(DaemonServerOptions options, Callers callers)
{
    // Whoever is refused may be about to send a request, and would see a broken pipe in the answer's place.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Peer peer;
        try
        {
            peer = options.Peers.Read(connection.Features.Get<IConnectionSocketFeature>()!.Socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
            return;
        }

        if (callers.Enter(peer.User) is not { } caller)
        {
            await RefuseAsync(connection, callers.LimitOf(peer.User)).ConfigureAwait(false);
            return;
        }

        try
        {
            connection.Features.Set(new CallFeature(peer, caller));
            connection.Transport = new Transport(connection.Transport);
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            callers.Leave(peer.User);
        }
    }

    private async Task RefuseAsync(ConnectionContext connection, int limit)
    {
        var error = new IlbError { Code = IlbErrorCode.LimitExceeded, Message = $"this user has {limit} connections already, the most that one may have, or all users together have {options.MaximumAllConnections}: close some" };
        try
        {
            using var end = new CancellationTokenSource(Farewell, options.Balancer.TimeProvider);
            await connection.Transport.Output.WriteAsync(Answer.Raw("503 Service Unavailable", error), end.Token).ConfigureAwait(false);
            var read = await connection.Transport.Input.ReadAsync(end.Token).ConfigureAwait(false);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
        }
    }

    private sealed class Transport(IDuplexPipe inner) : IDuplexPipe
    {
        public PipeReader Input => inner.Input;

        public PipeWriter Output { get; } = new BodyForEmptyErrors(inner.Output);
    }
}
