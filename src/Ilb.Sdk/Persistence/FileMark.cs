namespace Ilb;

/// <summary>What tells a file and its content from others without reading it.</summary>
/// <param name="FileSystem">The file system.</param>
/// <param name="Number">The file's number there.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Modified">When its content last changed, in nanoseconds; as fine as the kernel's clock tick, some milliseconds.</param>
/// <param name="Changed">When its content, name or owner last changed, likewise.</param>
internal readonly record struct FileMark(ulong FileSystem, ulong Number, ulong Length, long Modified, long Changed)
{
    /// <summary>Whether it is the same file, perhaps under another name.</summary>
    public bool IsSameContent(FileMark? other) => other is { } mark && this == mark with { Changed = Changed };
}
