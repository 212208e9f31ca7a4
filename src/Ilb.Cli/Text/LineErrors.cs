namespace Ilb.Cli.Text;

/// <summary>What is wrong with a file, by line.</summary>
/// <param name="name">What to call the file.</param>
internal sealed class LineErrors(string name)
{
    private readonly List<(int? Line, string Message)> _errors = [];

    public int Count => _errors.Count;

    /// <summary>Tells an error; without a line it is one of the whole.</summary>
    public void Add(int? line, string message) => _errors.Add((line, message));

    /// <summary>All of them, in the order of the lines.</summary>
    public void ThrowIfAny() => Refusal.ThrowIfAny([.. _errors.OrderBy(static error => error.Line ?? int.MaxValue).Select(Text).Distinct()]);

    /// <summary>A message with the file's name and the line. It stays in one line, whatever it quotes.</summary>
    public string Text((int? Line, string Message) error) => $"{name}: {(error.Line is { } line ? $"line {line}: " : "")}{error.Message.ReplaceLineEndings(" ")}";
}
