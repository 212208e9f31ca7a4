#:property PublishAot=false
// Reads Stryker's reports: prints the score by folder and the survivors that survivors.md does not name; fails below the minimum.
// arguments: MINIMUM FOLDER-OF-SURVIVORS.MD FOLDER-OF-REPORTS CHOSEN…
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

var minimum = int.Parse(args[0], CultureInfo.InvariantCulture);
var named = File.ReadLines(Path.Combine(args[1], "survivors.md")).ToArray();
var scores = args[3..].ToDictionary(static folder => folder, static _ => (Found: 0, All: 0));
var unnamed = new List<string>();
foreach (var path in Directory.EnumerateFiles(args[2], "mutation-report.json", SearchOption.AllDirectories))
{
    using var report = JsonDocument.Parse(File.ReadAllBytes(path));
    foreach (var file in report.RootElement.GetProperty("files").EnumerateObject())
    {
        // .../src/Ilb.Sdk/Drain/Drain.cs is of Sdk/Drain.
        var place = Regex.Match(file.Name, @"Ilb\.(\w+)/(?:.*/)?(\w+)/([^/]+)$");
        var folder = place.Success ? $"{place.Groups[1].Value}/{place.Groups[2].Value}" : "";
        if (!scores.TryGetValue(folder, out var score))
            continue;
        var lines = file.Value.GetProperty("source").GetString()!.Split('\n');
        foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
        {
            var status = mutant.GetProperty("status").GetString();
            if (status is not ("Killed" or "Timeout" or "Survived" or "NoCoverage"))
                continue;
            score = (score.Found + (status is "Killed" or "Timeout" ? 1 : 0), score.All + 1);
            if (status is "Killed" or "Timeout")
                continue;
            var change = $"- {place.Groups[3].Value}: `{Short(Original(lines, mutant.GetProperty("location")))}` → `{Short(mutant.GetProperty("replacement").GetString()!)}`";
            if (!named.Any(line => line.StartsWith(change, StringComparison.Ordinal)))
                unnamed.Add($"{folder} line {mutant.GetProperty("location").GetProperty("start").GetProperty("line")} {status}\n{change}");
        }

        scores[folder] = score;
    }
}

foreach (var survivor in unnamed.Order(StringComparer.Ordinal))
    Console.WriteLine(survivor);
if (unnamed.Count > 0)
    Console.WriteLine();
foreach (var (folder, score) in scores)
    Console.WriteLine(Line(folder, score));
var total = scores.Values.Aggregate(static (one, other) => (one.Found + other.Found, one.All + other.All));
Console.WriteLine(Line("total", total));
if (unnamed.Count > 0)
    Console.WriteLine($"{unnamed.Count} survivors above have no reason in tests/mutation/survivors.md");
return total.All > 0 && total.Found * 100 >= total.All * minimum ? 0 : 1;

static string Line(string name, (int Found, int All) score) =>
    string.Create(CultureInfo.InvariantCulture, $"{name,-26} {(score.All == 0 ? 0 : 100.0 * score.Found / score.All),6:F1} %  {score.Found,5} of {score.All,5}");

static string Original(string[] lines, JsonElement location)
{
    var (start, end) = (location.GetProperty("start"), location.GetProperty("end"));
    var (first, from, last, to) = (start.GetProperty("line").GetInt32() - 1, start.GetProperty("column").GetInt32() - 1, end.GetProperty("line").GetInt32() - 1, end.GetProperty("column").GetInt32() - 1);
    return first == last ? lines[first][from..to] : string.Join(' ', [lines[first][from..], .. lines[(first + 1)..last], lines[last][..to]]);
}

static string Short(string text) => Regex.Replace(text, @"\s+", " ").Trim() is var one && one.Length > 120 ? one[..120] + "…" : Regex.Replace(text, @"\s+", " ").Trim();
