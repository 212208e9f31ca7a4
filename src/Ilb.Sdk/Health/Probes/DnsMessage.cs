using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Ilb;

/// <summary>The little of DNS that a probe needs (RFC 1035, RFC 2782, RFC 3596): one question, and the records of its answer as text. A library would open its sockets itself, so without mark, source address and namespace.</summary>
internal static class DnsMessage
{
    private const int HeaderLength = 12;
    private const int ClassInternet = 1;

    /// <summary>The question, with a number of its own.</summary>
    /// <exception cref="ProbeException">The name is no domain name.</exception>
    public static byte[] Ask(ushort id, string name, string type)
    {
        var message = new List<byte>(HeaderLength + name.Length + 6) { (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in name is "." ? [] : name.TrimEnd('.').Split('.'))
        {
            if (label.Length is 0 or > 63)
                throw ProbeException.NotRun($"{Quote.Of(name)} is not a domain name");
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.AddRange([0, 0, (byte)TypeOf(type), 0, ClassInternet]);
        return [.. message];
    }

    /// <summary>Whether a message can be the answer to a question: its number, and the question itself again. Others may come from who guesses.</summary>
    public static bool IsAnswer(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question) =>
        message.Length >= question.Length && message[..2].SequenceEqual(question[..2]) && (message[2] & 0x80) != 0
        // An error may come without the question.
        && (message[5] == 0 || Ascii.EqualsIgnoreCase(message[HeaderLength..question.Length], question[HeaderLength..]))
        || (message.Length == HeaderLength && message[..2].SequenceEqual(question[..2]) && (message[2] & 0x80) != 0 && (message[3] & 0xf) != 0);

    /// <summary>Whether an answer is only its beginning.</summary>
    public static bool IsTruncated(ReadOnlySpan<byte> message) => (message[2] & 2) != 0;

    /// <summary>What an answer is worth.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="type">The type that was asked for.</param>
    /// <param name="wanted">What a record must be; null = nothing in particular.</param>
    /// <returns>Null if all is well, else what is wrong.</returns>
    public static string? Judge(ReadOnlySpan<byte> message, string type, string? wanted)
    {
        try
        {
            var code = message[3] & 0xf;
            if (code != 0)
                return $"DNS answered {CodeName(code)}";
            if (wanted is null)
                return null;
            var records = Records(message, TypeOf(type));
            if (records.Exists(record => IsSame(record, wanted)))
                return null;
            return records.Count == 0
                ? $"DNS answered no {type} record, wanted {wanted}"
                : ProbeText.Line($"DNS answered {string.Join(", ", records.Take(3))}{(records.Count > 3 ? $" and {records.Count - 3} more" : "")}, wanted {wanted}");
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or FormatException)
        {
            return "answered something that is not DNS";
        }
    }

    private static List<string> Records(ReadOnlySpan<byte> message, int type)
    {
        var questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        var answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        var place = HeaderLength;
        for (var i = 0; i < questions; i++)
        {
            Name(message, ref place);
            place += 4;
        }

        var records = new List<string>();
        for (var i = 0; i < answers; i++)
        {
            Name(message, ref place);
            int found = BinaryPrimitives.ReadUInt16BigEndian(message[place..]), length = BinaryPrimitives.ReadUInt16BigEndian(message[(place + 8)..]);
            place += 10;
            if (found == type)
                records.Add(Text(message[..(place + length)], type, place));
            place += length;
        }

        return records;
    }

    // The record's text as master files have it (RFC 1035, section 5).
    private static string Text(ReadOnlySpan<byte> message, int type, int place)
    {
        switch (type)
        {
            case 1 or 28:
                return new IPAddress(message.Slice(place, type == 1 ? 4 : 16)).ToString();
            case 15: // MX
                var preference = Number16(message, ref place);
                return string.Create(CultureInfo.InvariantCulture, $"{preference} {Name(message, ref place)}");
            case 33: // SRV
                int priority = Number16(message, ref place), weight = Number16(message, ref place), port = Number16(message, ref place);
                return string.Create(CultureInfo.InvariantCulture, $"{priority} {weight} {port} {Name(message, ref place)}");
            case 6: // SOA
                var names = $"{Name(message, ref place)} {Name(message, ref place)}";
                for (var i = 0; i < 5; i++, place += 4)
                    names += string.Create(CultureInfo.InvariantCulture, $" {BinaryPrimitives.ReadUInt32BigEndian(message[place..])}");
                return names;
            case 16: // TXT
                var text = new StringBuilder();
                for (; place < message.Length; place += 1 + message[place])
                    text.Append(Encoding.UTF8.GetString(message.Slice(place + 1, message[place])));
                return text.ToString();
            default:
                return Name(message, ref place);
        }
    }

    private static int Number16(ReadOnlySpan<byte> message, ref int place)
    {
        place += 2;
        return BinaryPrimitives.ReadUInt16BigEndian(message[(place - 2)..]);
    }

    // A name that may go on elsewhere (section 4.1.4): only further to the front, or it would have no end.
    private static string Name(ReadOnlySpan<byte> message, ref int place)
    {
        var name = new StringBuilder();
        var end = -1;
        for (var at = place; ;)
        {
            var length = message[at];
            if (length >= 0xc0)
            {
                var next = ((length & 0x3f) << 8) | message[at + 1];
                if (end < 0)
                    end = at + 2;
                if (next >= at)
                    throw new FormatException();
                at = next;
                continue;
            }

            at++;
            if (length == 0)
            {
                place = end < 0 ? at : end;
                return name.Length == 0 ? "." : name.ToString();
            }

            if (length > 63 || name.Length + length > 255)
                throw new FormatException();
            if (name.Length > 0)
                name.Append('.');
            name.Append(Encoding.ASCII.GetString(message.Slice(at, length)));
            at += length;
        }
    }

    private static bool IsSame(string record, string wanted) =>
        IPAddress.TryParse(record, out var one) && IPAddress.TryParse(wanted, out var other)
            ? one.Equals(other)
            : string.Equals(record.TrimEnd('.'), wanted.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static int TypeOf(string type) => type switch
    {
        "A" => 1,
        "NS" => 2,
        "CNAME" => 5,
        "SOA" => 6,
        "PTR" => 12,
        "MX" => 15,
        "TXT" => 16,
        "AAAA" => 28,
        _ => 33, // SRV
    };

    private static string CodeName(int code) => code switch
    {
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        _ => string.Create(CultureInfo.InvariantCulture, $"error {code}"),
    };
}
