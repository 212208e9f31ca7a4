using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ilb.Tests;

/// <summary>As much of JSON Schema as ours uses; a keyword that it does not know is an error, so that none is passed over.</summary>
internal sealed class JsonSchema(JsonElement root)
{
    public static JsonSchema Load(string name = "ilb") => new(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{name}.schema.json"))).RootElement);

    public JsonElement Root => root;

    /// <summary>What is wrong; empty if nothing is.</summary>
    public List<string> Check(byte[] json) => [.. Check(root, JsonDocument.Parse(json).RootElement, "$")];

    private IEnumerable<string> Check(JsonElement schema, JsonElement value, string path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            foreach (var error in Check(keyword, schema, value, path))
                yield return error;
        }
    }

    private IEnumerable<string> Check(JsonProperty keyword, JsonElement schema, JsonElement value, string path)
    {
        var rule = keyword.Value;
        switch (keyword.Name)
        {
            case "$schema" or "$defs" or "title" or "description" or "default":
                return [];
            case "$ref":
                return Check(rule.GetString()!.Split('/').Skip(1).Aggregate(root, static (element, name) => element.GetProperty(name)), value, path);
            case "type":
                return Expect(Type(value, rule.GetString()!), path, $"is no {rule}");
            case "const":
                return Expect(rule.GetRawText() == value.GetRawText(), path, $"is not {rule}");
            case "enum":
                return Expect(rule.EnumerateArray().Any(one => one.GetRawText() == value.GetRawText()), path, $"is none of {rule}");
            case "pattern":
                return Expect(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.GetString()!), path, $"does not match {rule}");
            case "maxLength":
                return Expect(value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= rule.GetInt32(), path, "is too long");
            case "minimum":
                return Expect(value.ValueKind != JsonValueKind.Number || value.GetInt64() >= rule.GetInt64(), path, "is too small");
            case "maximum":
                return Expect(value.ValueKind != JsonValueKind.Number || value.GetInt64() <= rule.GetInt64(), path, "is too large");
            case "minItems":
                return Expect(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= rule.GetInt32(), path, "has too few elements");
            case "maxItems":
                return Expect(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= rule.GetInt32(), path, "has too many elements");
            case "oneOf":
                return Expect(rule.EnumerateArray().Count(one => !Check(one, value, path).Any()) == 1, path, "fits not exactly one");
            case "items":
                return value.ValueKind != JsonValueKind.Array ? [] : value.EnumerateArray().SelectMany((item, place) => Check(rule, item, $"{path}[{place}]"));
            case "required":
                return value.ValueKind != JsonValueKind.Object ? [] : rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path}.{name} is missing");
            case "properties":
                return value.ValueKind != JsonValueKind.Object ? [] : value.EnumerateObject().Where(member => rule.TryGetProperty(member.Name, out _)).SelectMany(member => Check(rule.GetProperty(member.Name), member.Value, $"{path}.{member.Name}"));
            case "additionalProperties":
                return value.ValueKind != JsonValueKind.Object ? [] : value.EnumerateObject().Where(member => !schema.GetProperty("properties").TryGetProperty(member.Name, out _)).Select(member => $"{path}.{member.Name} is unknown");
            default:
                throw new NotSupportedException($"the keyword {keyword.Name}");
        }
    }

    private static bool Type(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new NotSupportedException($"the type {type}"),
    };

    private static IEnumerable<string> Expect(bool fits, string path, string message) => fits ? [] : [$"{path} {message}"];
}
