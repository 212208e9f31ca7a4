using System.Text.Json;

namespace Ilb;

/// <summary>Single objects, as they stand in a configuration: without a format of their own.</summary>
public static partial class IlbJson
{
    /// <summary>A rule as JSON, indented, ending with a line feed.</summary>
    /// <param name="rule">The rule.</param>
    public static byte[] Serialize(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return [.. JsonSerializer.SerializeToUtf8Bytes(rule, IlbJsonContext.Default.Rule), (byte)'\n'];
    }

    /// <summary>A server group with its servers as JSON, indented, ending with a line feed.</summary>
    /// <param name="serverGroup">The group.</param>
    public static byte[] Serialize(ServerGroup serverGroup)
    {
        ArgumentNullException.ThrowIfNull(serverGroup);
        return [.. JsonSerializer.SerializeToUtf8Bytes(serverGroup, IlbJsonContext.Default.ServerGroup), (byte)'\n'];
    }

    /// <summary>A health check as JSON, indented, ending with a line feed.</summary>
    /// <param name="healthCheck">The health check.</param>
    public static byte[] Serialize(HealthCheck healthCheck)
    {
        ArgumentNullException.ThrowIfNull(healthCheck);
        return [.. JsonSerializer.SerializeToUtf8Bytes(healthCheck, IlbJsonContext.Default.HealthCheck), (byte)'\n'];
    }

    /// <summary>A failover group as JSON, indented, ending with a line feed.</summary>
    /// <param name="failoverGroup">The failover group.</param>
    public static byte[] Serialize(FailoverGroup failoverGroup)
    {
        ArgumentNullException.ThrowIfNull(failoverGroup);
        return [.. JsonSerializer.SerializeToUtf8Bytes(failoverGroup, IlbJsonContext.Default.FailoverGroup), (byte)'\n'];
    }

    /// <summary>Reads a rule. Whether its values are right, <see cref="Rule.Validate"/> tells, and the change that creates it.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>: it is no JSON, or a member is unknown, missing or of another kind; the error says in which line.</exception>
    public static Rule DeserializeRule(ReadOnlySpan<byte> json) => ReadObject(WithoutMark(json), IlbJsonContext.Default.Rule);

    /// <summary>Reads a server group. Whether its values are right, <see cref="ServerGroup.Validate"/> tells, and the change that creates it.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>, as for a rule.</exception>
    public static ServerGroup DeserializeServerGroup(ReadOnlySpan<byte> json) => ReadObject(WithoutMark(json), IlbJsonContext.Default.ServerGroup);

    /// <summary>Reads a health check. Whether its values are right, <see cref="HealthCheck.Validate"/> tells, and the change that creates it.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>, as for a rule.</exception>
    public static HealthCheck DeserializeHealthCheck(ReadOnlySpan<byte> json) => ReadObject(WithoutMark(json), IlbJsonContext.Default.HealthCheck);

    /// <summary>Reads a failover group. Whether its values are right, <see cref="FailoverGroup.Validate"/> tells, and the change that creates it.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>, as for a rule.</exception>
    public static FailoverGroup DeserializeFailoverGroup(ReadOnlySpan<byte> json) => ReadObject(WithoutMark(json), IlbJsonContext.Default.FailoverGroup);
}
