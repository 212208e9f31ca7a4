// Runs samples one after the other, which compiles what they share only once. Each line of the input is a sample with its arguments, each line of
// the output its exit status, output and errors, both as JSON arrays of strings.
using System.Globalization;
using System.Reflection;
using System.Text.Json;

// What samples write goes elsewhere.
using var answers = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
using var requests = new StreamReader(Console.OpenStandardInput());
Console.SetIn(TextReader.Null);
while (await requests.ReadLineAsync() is { } line)
{
    var words = JsonSerializer.Deserialize<string[]>(line)!;
    using var output = new StringWriter();
    using var error = new StringWriter();
    Console.SetOut(output);
    Console.SetError(error);
    Environment.ExitCode = 0;
    var main = Assembly.Load(words[0]).EntryPoint!;
    var status = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [words[1..]], CultureInfo.InvariantCulture) ?? Environment.ExitCode;
    await answers.WriteLineAsync(JsonSerializer.Serialize((string[])[$"{status}", output.ToString(), error.ToString()]));
}

Environment.ExitCode = 0;
