namespace Ilb;

/// <summary>What a health check found of a server in a rule, where it is another than before; null = it has not found out yet.</summary>
internal sealed class Judgement(string rule, uint server, Verdict? verdict) : Message
{
    public string Rule => rule;

    public uint Server => server;

    public Verdict? Verdict => verdict;

    public override void Refuse(Exception reason)
    {
        // Nobody waits for it.
    }
}
