using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ilb.Daemon.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLoggers : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _lines = new();

    public IReadOnlyList<(int Id, LogLevel Level, string Text)> Lines => [.. _lines];

    /// <summary>The records of the audit.</summary>
    public IReadOnlyList<(int Id, LogLevel Level, string Text)> Audit => [.. _lines.Where(static line => line.Id is >= 200 and < 300)];

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Ilb", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, logLevel, formatter(state, exception) + (exception is null ? "" : $" {exception}")));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
