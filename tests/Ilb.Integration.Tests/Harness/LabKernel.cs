namespace Ilb.Integration.Tests.Harness;

/// <summary>What the integration tests need of the machine.</summary>
public static class LabKernel
{
    /// <summary>Fails with one sentence where the tests cannot run: skipped tests would look like passed ones.</summary>
    public static void Require()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/proc/net/ip_vs"))
            throw new InvalidOperationException("integration tests need root and a kernel with IPVS: run them in the lab, by lab/run");
    }
}
