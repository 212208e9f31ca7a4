namespace Ilb.Daemon.Tests;

/// <summary>The contract by a daemon's socket.</summary>
public sealed class RemoteContractTests() : LoadBalancerContract(isRemote: true);
