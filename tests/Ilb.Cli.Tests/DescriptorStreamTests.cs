using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace Ilb.Cli.Tests;

public sealed partial class DescriptorStreamTests
{
    private const int SetFlags = 4;
    private const int NonBlocking = 0x800;

    [Fact]
    public async Task All_is_written_to_a_slow_reader_even_where_the_descriptor_does_not_block()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        var descriptor = (int)reader.ClientSafePipeHandle.DangerousGetHandle();
        Assert.Equal(0, Control(descriptor, SetFlags, NonBlocking));
        // More than a pipe takes, so that the writer must wait for the reader.
        var content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        var writing = Task.Run(() => new DescriptorStream(descriptor).Write(content), TestContext.Current.CancellationToken);
        var read = new byte[content.Length];
        await reader.ReadExactlyAsync(read, TestContext.Current.CancellationToken);
        await writing;
        Assert.Equal(content, read);
    }

    [Fact]
    public void A_reader_that_has_seen_enough_is_no_error()
    {
        var reader = new AnonymousPipeServerStream(PipeDirection.In);
        var writer = reader.ClientSafePipeHandle;
        var kept = Duplicate((int)writer.DangerousGetHandle());
        reader.Dispose();
        var stream = new DescriptorStream(kept);
        Assert.False(stream.IsClosed);
        stream.Write([1]);
        Assert.True(stream.IsClosed);
    }

    [Fact]
    public void A_write_that_fails_says_why() =>
        Assert.Equal("Bad file descriptor", Assert.Throws<IOException>(static () => new DescriptorStream(-1).Write([1])).Message);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}
