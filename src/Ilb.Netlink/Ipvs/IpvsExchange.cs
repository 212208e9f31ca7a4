using Ilb.Netlink.Generic;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>The calls of IPVS over a connection: requests, and what collects their answers.</summary>
internal sealed class IpvsExchange(NetlinkConnection connection)
{
    private readonly ushort _family = GenericFamily.Resolve(connection, IpvsConstants.FamilyName);

    public List<IpvsServiceState> Services() => List(IpvsConstants.Command.GetService, null, IpvsReader.Service);

    public IpvsServiceState? Service(IpvsServiceKey key)
    {
        try
        {
            return Single(IpvsConstants.Command.GetService, key, IpvsReader.Service);
        }
        catch (NetlinkException e) when (e.Code == NetlinkErrorCode.NotFound)
        {
            return null;
        }
    }

    public List<IpvsDestinationState> Destinations(IpvsServiceKey key) => List(
        IpvsConstants.Command.GetDest, key, (scoped in message) => IpvsReader.Destination(message, key.Family));

    public List<IpvsSyncDaemonState> Daemons() => List(IpvsConstants.Command.GetDaemon, null, IpvsReader.Daemon);

    public IpvsTimeouts Timeouts() => Single(IpvsConstants.Command.GetConfig, null, IpvsReader.Timeouts);

    public IpvsKernel Kernel() => Single(IpvsConstants.Command.GetInfo, null, IpvsReader.Kernel);

    public IReadOnlyList<IpvsFailure> Apply(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken)
    {
        var batch = new Batch(_family, operations);
        connection.Batch(ref batch, cancellationToken);
        return batch.Failures;
    }

    private List<T> List<T>(IpvsConstants.Command command, IpvsServiceKey? service, Decode<T> decode)
    {
        var answers = new Answers<T>(decode);
        connection.Dump(new Query(_family, command, service), ref answers);
        return answers.List;
    }

    private T Single<T>(IpvsConstants.Command command, IpvsServiceKey? service, Decode<T> decode)
    {
        var answers = new Answers<T>(decode);
        connection.Execute(new Query(_family, command, service), ref answers);
        return answers.List is [var only] ? only : throw ProtocolError.Make("{0} brought {1} answers", command, answers.List.Count);
    }

    private readonly struct Query(ushort family, IpvsConstants.Command command, IpvsServiceKey? service) : INetlinkRequest
    {
        public ushort MessageType => family;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            IpvsWriter.Header(ref writer, command);
            if (service is not null)
                IpvsWriter.ServiceKey(ref writer, service);
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => IpvsError.Refused(command, service, acknowledgement);
    }

    private struct Batch(ushort family, IReadOnlyList<IpvsOperation> operations) : INetlinkBatch
    {
        private List<IpvsFailure>? _failures;

        public readonly int Count => operations.Count;

        public readonly ushort MessageType => family;

        // In the order of the operations: acknowledgements come in that order, but a lost one is known last.
        public readonly IReadOnlyList<IpvsFailure> Failures => _failures is null ? [] : _failures.OrderBy(failure => failure.Index).ToArray();

        public readonly void WriteBody(int index, ref NetlinkWriter writer) => IpvsWriter.Write(ref writer, operations[index]);

        public void Refused(int index, in NetlinkAcknowledgement acknowledgement) => Fail(index, IpvsError.Refused(operations[index], acknowledgement));

        public void Lost(int index) => Fail(index, IpvsError.Lost(operations[index]));

        private void Fail(int index, NetlinkException error) =>
            (_failures ??= []).Add(new IpvsFailure { Index = index, Operation = operations[index], Error = error });
    }
}
