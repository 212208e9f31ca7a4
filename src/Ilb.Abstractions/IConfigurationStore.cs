namespace Ilb;

/// <summary>Where the configuration is kept: a file by default; a product may keep it elsewhere. Saves do not overlap; the configuration may be read at any time.</summary>
public interface IConfigurationStore
{
    /// <summary>Reads the configuration; <see cref="Configuration.Empty"/> if there is none yet.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.ConfigurationDamaged"/>, <see cref="IlbErrorCode.ConfigurationNewer"/> or <see cref="IlbErrorCode.ConfigurationUnreadable"/>.</exception>
    Task<ConfigurationSnapshot> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Saves a configuration, whole or not at all; when it returns, the configuration outlives a loss of power.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="expectedVersion">The version that is replaced.</param>
    /// <param name="cancellationToken">Stops the saving before it has an effect.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.VersionConflict"/>: the store holds another version than expected; <see cref="IlbErrorCode.SaveFailed"/> or
    /// <see cref="IlbErrorCode.PermissionDenied"/>. Nothing changed.</exception>
    Task<string> SaveAsync(Configuration configuration, string expectedVersion, CancellationToken cancellationToken = default);
}
