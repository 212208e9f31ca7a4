namespace Ilb;

/// <summary>What is run for a notice.</summary>
internal interface INotifyProgram
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="notice">What it is told.</param>
    /// <param name="cancellationToken">Its time is over: it is killed, with its children.</param>
    /// <returns>What went wrong; null if nothing did.</returns>
    Task<string?> RunAsync(string path, Notice notice, CancellationToken cancellationToken);
}
