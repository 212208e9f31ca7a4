namespace Ilb;

/// <summary>What the serializer says about a damaged text, in words for whoever wrote the text: its own speak of .NET's types. What is not known here stays as it is.</summary>
internal static class JsonWords
{
    public static string Of(string message)
    {
        var quoted = message.Split('\'') is [_, var first, ..] ? first : "";
        if (Has("does not contain any JSON tokens"))
            return "the file is empty";
        if (Has("Expected depth to be zero") || Has("reached end of data"))
            return Has("depth") ? "the text ends too early: a bracket is not closed" : "the text ends too early";
        if (Has("could not be mapped to any .NET member"))
            return $"unknown member {Quote.Of(quoted)}";
        if (Has("missing required properties"))
            return Missing(message[(message.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd('.'));
        if (Has("could not be converted to"))
            return "a value of another kind is expected";
        if (Has("Duplicate property") || Has("contains a duplicate"))
            return $"the member {Quote.Of(quoted)} stands there twice";
        if (Has("doesn't allow null"))
            return $"the member '{char.ToLowerInvariant(quoted.FirstOrDefault())}{(quoted.Length > 0 ? quoted[1..] : "")}' is null";
        if (Has("unrecognized type discriminator"))
            return $"{Quote.Of(quoted)} is not a kind of change";
        if (Has("trailing comma"))
            return "a comma without anything after it";
        return message;

        bool Has(string words) => message.Contains(words, StringComparison.Ordinal);
    }

    /// <summary>In JSON a value has one spelling, so that a file and its schema agree; the others are for commands.</summary>
    public static void CheckWritten(string text, string own)
    {
        if (text != own)
            throw new FormatException($"{Quote.Of(text)} is written {Quote.Of(own)} here");
    }

    private static string Missing(string members) => members.Contains(',', StringComparison.Ordinal) ? $"the members {members} are missing" : $"the member {members} is missing";
}
