namespace Ilb;

/// <summary>Finds what is wrong from what was seen. Pure.</summary>
internal static class Doctor
{
    private static readonly Action<Facts, FindingList>[] Checks =
        [KernelChecks.Check, AddressChecks.Check, ServerChecks.Check, FilterChecks.Check, CapacityChecks.Check, SettingChecks.Check, CollisionChecks.Check];

    public static ValueList<Finding> Examine(Facts facts)
    {
        var findings = new FindingList();
        foreach (var check in Checks)
            check(facts, findings);
        return findings.ToValueList();
    }
}
