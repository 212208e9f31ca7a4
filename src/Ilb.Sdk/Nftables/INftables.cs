namespace Ilb;

/// <summary>nftables, as a library or a test runs it.</summary>
internal interface INftables : IDisposable
{
    /// <summary>Runs statements, one a line, as one transaction: all of it or nothing.</summary>
    /// <param name="statements">In nft's language.</param>
    /// <returns>What they print, as JSON.</returns>
    /// <exception cref="IlbException">They were refused, or there is no nftables.</exception>
    Task<string> RunAsync(string statements);
}
