namespace Ilb;

/// <summary>Creates a failover group.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.AlreadyExists"/>, <see cref="IlbErrorCode.InvalidArgument"/> for a number that another group has on the interface,
/// <see cref="IlbErrorCode.InvalidAddress"/> for an address that another group has, and those of <see cref="FailoverGroup.Validate"/>.</remarks>
public sealed record CreateFailoverGroup : Change
{
    /// <summary>The failover group.</summary>
    public required FailoverGroup FailoverGroup { get; init; }

    private protected override void CheckGiven(ErrorList errors)
    {
        if (errors.CheckGiven(FailoverGroup, "failoverGroup"))
            FailoverGroupChecks.CheckGiven(FailoverGroup, "failoverGroup.", errors);
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        errors.Under("failoverGroup", under =>
        {
            if (configuration.FindFailoverGroup(FailoverGroup.Name) is not null)
                under.Add(IlbErrorCode.AlreadyExists, "name", $"failover group {Quote.Of(FailoverGroup.Name)} exists already");
            FailoverGroupChecks.Check(FailoverGroup, under);
            FailoverGroupChecks.CheckWithOthers(FailoverGroup, configuration.FailoverGroups.Where(other => other.Name != FailoverGroup.Name), under);
        });
        return configuration with { FailoverGroups = configuration.FailoverGroups.Add(FailoverGroup) };
    }
}
