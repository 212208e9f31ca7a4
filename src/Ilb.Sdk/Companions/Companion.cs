namespace Ilb;

/// <summary>What the kernel should hold for rules beside IPVS. Two are the same object if they have the same <see cref="Id"/>.</summary>
internal abstract record Companion
{
    /// <summary>Which object it is: one line, without tabs.</summary>
    public abstract string Id { get; }

    /// <summary>When it comes and goes.</summary>
    public abstract CompanionStage Stage { get; }

    /// <summary>What it is, for a person.</summary>
    public abstract string Subject { get; }

    /// <summary>What is set, for a person; empty (default) if there is nothing to say.</summary>
    public virtual string Detail => "";

    /// <summary>What several rules that want the same object get: by default they all ask for the same.</summary>
    public virtual Companion Beside(Companion other) => this;
}
