namespace Ilb;

/// <summary>The few file operations that a safe save is made of, one by one, so that a test can fail or stop at each. They throw what the base library throws.</summary>
internal interface IFileSystem
{
    /// <summary>The file that a path leads to in the end, through symbolic links.</summary>
    string Follow(string path);

    /// <summary>The file's content; null if there is no file. Anything but a regular file of at most 64 MB is an error.</summary>
    byte[]? Read(string path);

    /// <summary>What tells the file from others; null if there is no file.</summary>
    FileMark? Mark(string path);

    /// <summary>Opens a file to read it, also after another has taken its place; null if there is no file.</summary>
    Stream? Open(string path);

    /// <summary>The file's owner and mode; null if there is no file.</summary>
    FileOwner? Owner(string path);

    /// <summary>Makes the folders of a path that are missing, on the disk too, for all to read (0755).</summary>
    void MakeFolder(string path);

    /// <summary>Locks a file that is made for it, and stays, against other savers until the result is disposed; null if somebody else holds the lock.</summary>
    IDisposable? TryLock(string path);

    /// <summary>Deletes a file if there is one.</summary>
    void Delete(string path);

    /// <summary>Makes a new file; one that is there already, or a link, is an error, and so is content of more than 64 MB.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its content.</param>
    /// <param name="owner">Owner and mode; null = the caller's, or where the caller is root the folder's; 0644.</param>
    void Write(string path, ReadOnlyMemory<byte> content, FileOwner? owner);

    /// <summary>Writes a file through to the disk.</summary>
    void Sync(string path);

    /// <summary>Puts a file in the place of another, at once.</summary>
    void Rename(string from, string to);

    /// <summary>Writes a folder's entries through to the disk.</summary>
    void SyncFolder(string path);
}
