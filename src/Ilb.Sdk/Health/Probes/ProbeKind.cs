namespace Ilb;

/// <summary>What a probe costs, see <see cref="HealthLimits"/>.</summary>
internal enum ProbeKind
{
    Plain,
    Managed,
    Script,
}
