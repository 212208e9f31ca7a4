using System.Net;

namespace Ilb.Integration.Tests.Harness;

/// <summary>What came of moving bytes from or to a <see cref="TransferServer"/>.</summary>
public sealed record Transfer
{
    /// <summary>Who took or gave them.</summary>
    public required string Server { get; init; }

    /// <summary>At which port it did.</summary>
    public required int Port { get; init; }

    /// <summary>Whom the server saw.</summary>
    public required IPAddress Peer { get; init; }

    /// <summary>All of them came, as they were sent.</summary>
    public required bool IsWhole { get; init; }
}
