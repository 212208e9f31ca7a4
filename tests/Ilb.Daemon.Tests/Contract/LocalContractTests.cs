namespace Ilb.Daemon.Tests;

/// <summary>The contract in this process.</summary>
public sealed class LocalContractTests() : LoadBalancerContract(isRemote: false);
