using FsCheck.Xunit;

namespace Ilb.Testing;

/// <summary>A property whose every case is a long walk from a seed, and so costs tenths of a second.</summary>
public sealed class RandomWalkAttribute : PropertyAttribute
{
    /// <param name="usual">How many walks, each from another seed with every run.</param>
    /// <param name="full">How many under <c>./test --full</c>.</param>
    public RandomWalkAttribute(int usual, int full) => MaxTest = FullRun.Count(usual, full);
}
