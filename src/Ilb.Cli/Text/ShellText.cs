using System.Buffers;
using System.Text;

namespace Ilb.Cli.Text;

/// <summary>Commands in a file, split into words as a POSIX shell does: <c>'…'</c>, <c>"…"</c>, <c>\</c>, <c>#</c> comments; a <c>\</c> at the end of a line continues it. Nothing is expanded.</summary>
internal sealed class ShellText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-");
    private readonly string _text;
    private readonly LineErrors _errors;
    private readonly StringBuilder _word = new();
    private readonly List<string> _words = [];
    private bool _isInWord;
    private int _place;
    private int _line = 1;

    private ShellText(string text, LineErrors errors)
    {
        _text = text;
        _errors = errors;
    }

    /// <summary>The commands that are not empty, each with the line where it begins. One with a quote that is not closed is left out; the next line is read as if it were.</summary>
    public static IEnumerable<(int Line, string[] Words)> Split(string text, LineErrors errors) => new ShellText(text, errors).Commands();

    /// <summary>A word as a shell, and <see cref="Split"/>, read it.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private IEnumerable<(int Line, string[] Words)> Commands()
    {
        while (_place < _text.Length)
        {
            var begin = _line;
            if (ReadCommand() && _words.Count > 0)
                yield return (begin, [.. _words]);
        }
    }

    // To the end of the line, or of the last that it is continued on.
    private bool ReadCommand()
    {
        _words.Clear();
        _word.Clear();
        _isInWord = false;
        while (_place < _text.Length)
        {
            var c = _text[_place++];
            switch (c)
            {
                case '\n':
                    _line++;
                    EndWord();
                    return true;
                case '\r' when IsLineFeed(_place):
                    break;
                case ' ' or '\t':
                    EndWord();
                    break;
                case '#' when !_isInWord:
                    SkipLine();
                    break;
                case '\\' when SkipLineEnd():
                    break;
                case '\\' when _place < _text.Length:
                    Append(_text[_place++]);
                    break;
                case '\'' or '"':
                    if (!ReadQuoted(c))
                        return false;
                    break;
                default:
                    Append(c);
                    break;
            }
        }

        EndWord();
        return true;
    }

    private bool ReadQuoted(char quote)
    {
        var (begin, line) = (_place, _line);
        _isInWord = true;
        while (_place < _text.Length)
        {
            var c = _text[_place++];
            if (c == quote)
                return true;
            if (c == '\n')
                _line++;
            if (c == '\\' && quote == '"' && SkipLineEnd())
                continue;
            if (c == '\\' && quote == '"' && _place < _text.Length && _text[_place] is '"' or '\\' or '$' or '`')
                c = _text[_place++];
            _word.Append(c);
        }

        _errors.Add(line, $"a quote ({quote}) is not closed");
        (_place, _line) = (begin, line);
        SkipLine();
        return false;
    }

    private void Append(char c)
    {
        _isInWord = true;
        _word.Append(c);
    }

    private void EndWord()
    {
        if (_isInWord)
            _words.Add(_word.ToString());
        _isInWord = false;
        _word.Clear();
    }

    private bool IsLineFeed(int place) => place < _text.Length && _text[place] == '\n';

    private bool SkipLineEnd()
    {
        var length = IsLineFeed(_place) ? 1 : _place < _text.Length && _text[_place] == '\r' && IsLineFeed(_place + 1) ? 2 : 0;
        _place += length;
        _line += length > 0 ? 1 : 0;
        return length > 0;
    }

    private void SkipLine()
    {
        var end = _text.IndexOf('\n', _place);
        _place = end < 0 ? _text.Length : end;
    }
}
