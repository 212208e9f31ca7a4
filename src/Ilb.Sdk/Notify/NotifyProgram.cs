using System.ComponentModel;
using System.Globalization;

namespace Ilb;

/// <summary>Runs the program with <c>server RULE SERVERID FROM TO REASON</c>; see <see cref="ContainedProgram"/>.</summary>
internal sealed class NotifyProgram(string instance) : INotifyProgram
{
    public async Task<string?> RunAsync(string path, Notice notice, CancellationToken cancellationToken)
    {
        if (!ContainedProgram.IsPossible)
            return ContainedProgram.Missing;
        try
        {
            using var program = ContainedProgram.Start(path, Arguments(notice), Variables(notice), static start => start());
            return await program.EndAsync(cancellationToken).ConfigureAwait(false) switch
            {
                null => $"printed more than {ContainedProgram.MaximumOutput / 1024} KiB and was killed",
                { ExitCode: 0 } => null,
                { } end => string.Create(CultureInfo.InvariantCulture, $"exit {end.ExitCode}{(ProbeText.Line(end.Errors) is { Length: > 0 } line ? $": {line}" : "")}"),
            };
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return $"cannot be started: {ProbeText.Line(e.Message)}";
        }
    }

    /// <summary>Its arguments.</summary>
    public static IReadOnlyList<string> Arguments(Notice notice) => ["server", notice.Rule, notice.Server.ToString(), notice.From.ToText(), notice.To.ToText(), notice.Reason];

    private IEnumerable<KeyValuePair<string, string>> Variables(Notice notice) =>
    [
        new("ILB_INSTANCE", instance),
        new("ILB_TIME", notice.Time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)),
        new("ILB_SOURCE", notice.Source.ToText()),
        new("ILB_SKIPPED", notice.Skipped.ToString(CultureInfo.InvariantCulture)),
    ];
}
