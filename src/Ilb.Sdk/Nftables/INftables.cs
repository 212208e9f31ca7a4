namespace Ilb;

/// <summary>nftables, as a library or a test runs it.</summary>
internal interface INftables : IDisposable
{
    /// <summary>Runs statements, one a line, as one transaction: all of it or nothing.</summary>
    /// <param name="statements">In nft's language.</param>
    /// <returns>What they print, as JSON.</returns>
    /// <exception cref="IlbException">They were refused, or there is no nftables.</exception>
    Task<string> RunAsync(string statements);

    /// <summary>Makes sure that the kernel takes tables like ours, and changes nothing.</summary>
    /// <exception cref="IlbException">It does not, or there is no nftables.</exception>
    Task RequireTablesAsync();
}
