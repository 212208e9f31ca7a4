using System.Diagnostics;
using FsCheck.Xunit;
using Ilb.Cli.Text;
using Ilb.Testing;

namespace Ilb.Cli.Tests;

/// <summary>Words of lines, as a shell reads them.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("a b\tc", "a|b|c")]
    [InlineData("  a  b  \n\n\n c", "a|b/c")]
    [InlineData("a\r\nb\r\n", "a/b")]
    [InlineData("# comment\na # b\n#", "a")]
    [InlineData("a#b c'#'d", "a#b|c#d")]
    [InlineData("a \\\n b\\\nc \\\r\nd", "a|bc|d")]
    [InlineData("a\\ b \\# \\'", "a b|#|'")]
    [InlineData("'a b\"\\' \"c 'd\\\"\\\\\\e\"", "a b\"\\|c 'd\"\\\\e")]
    [InlineData("'' \"\"", "|")]
    [InlineData("'a\nb' \"c\\\nd\"\ne", "a\nb|cd/e")]
    [InlineData("a$b `c` *", "a$b|`c`|*")]
    [InlineData("a \\", "a|\\")]
    [InlineData("", "")]
    public void Lines_are_split_as_a_shell_does(string text, string expected)
    {
        var errors = new LineErrors("x");
        Assert.Equal(expected, string.Join('/', ShellText.Split(text, errors).Select(static line => string.Join('|', line.Words))));
        Assert.Equal(0, errors.Count);
    }

    [Fact]
    public void A_quote_that_is_not_closed_is_told_with_its_line_and_the_next_line_is_read()
    {
        var errors = new LineErrors("x");
        Assert.Equal([(1, "a"), (3, "c")], ShellText.Split("a\nb 'oops\nc\n", errors).Select(static line => (line.Line, line.Words[0])));
        Assert.Equal("x: line 2: a quote (') is not closed", Assert.Throws<Refusal>(errors.ThrowIfAny).Message);
    }

    [Fact]
    public void Lines_are_counted_through_quotes_and_continuations()
    {
        Assert.Equal([(1, "a"), (4, "b"), (6, "c")], ShellText.Split("a 'x\ny' \\\nz\nb \\\r\n\nc", new LineErrors("x")).Select(static line => (line.Line, line.Words[0])));
    }

    [Property(MaxTest = 300)]
    public void A_quoted_word_is_read_as_it_was(int seed)
    {
        var word = GenerateEverything.Text(new Random(seed));
        Assert.Equal([word], ShellText.Split(ShellText.Quote(word), new LineErrors("x")).Single().Words);
    }

    [Fact]
    public async Task A_real_shell_reads_quoted_words_the_same()
    {
        var words = Enumerable.Range(0, 200).Select(static seed => GenerateEverything.Text(new Random(seed))).ToArray();
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-s"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await shell.StandardInput.WriteAsync($"printf '%s\\0' {string.Join(' ', words.Select(ShellText.Quote))}\n");
        shell.StandardInput.Close();
        Assert.Equal(words, (await shell.StandardOutput.ReadToEndAsync()).Split('\0').SkipLast(1));
    }

    [Property(MaxTest = 300)]
    public void Everything_that_can_be_said_is_read_as_it_was_written(int seed)
    {
        var configuration = GenerateEverything.Configuration(new Random(seed));
        var errors = new LineErrors("x");
        using var console = new Console();
        var imported = new ImportedConfiguration(Configuration.Empty, errors);
        var reader = new Commands.LineReader(console.Terminal(TextWriter.Null, TextWriter.Null));
        foreach (var line in ImportedText.ReadCommands(ConfigurationText.Of(configuration), (words, faults) => reader.Read(words, imported.ToConfiguration, faults), errors))
            imported.Apply(line);
        errors.ThrowIfAny();
        // A rule's number is not said: who imports it keeps the one that a rule of that name has, or gives one.
        Assert.Equal(configuration with { Rules = [.. configuration.Rules.Select(static rule => rule with { Number = null })] }, imported.ToConfiguration());
    }
}
