namespace Ilb.Cli.Text;

/// <summary>What a line of a file says.</summary>
internal sealed record ImportedLine
{
    /// <summary>The line, counted from 1; null where it is not known.</summary>
    public int? Line { get; init; }

    /// <summary>The change; of a faulty line as far as it could be read, or null.</summary>
    public Change? Change { get; init; }

    /// <summary>Whether it is not to be applied: what is wrong is told already.</summary>
    public bool IsFaulty { get; init; }
}
