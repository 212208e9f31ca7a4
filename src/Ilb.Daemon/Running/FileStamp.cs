namespace Ilb.Daemon.Running;

/// <summary>By what one sees that a file was written or replaced.</summary>
internal readonly record struct FileStamp
{
    private FileStamp(DateTime written, long length)
    {
        Written = written;
        Length = length;
    }

    private DateTime Written { get; }

    private long Length { get; }

    /// <summary>How the file is now; the same for each that cannot be seen.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
