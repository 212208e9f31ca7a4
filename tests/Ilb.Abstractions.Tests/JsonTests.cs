using System.Net;
using System.Text;
using FsCheck.Xunit;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class JsonTests
{
    [Fact]
    public void A_diagnosis_survives_its_JSON_and_members_of_a_newer_daemon_are_passed_over()
    {
        var diagnosis = new Diagnosis
        {
            Version = "v",
            Findings =
            [
                .. Enum.GetValues<FindingKind>().Select(static kind => new Finding { Severity = FindingSeverity.Error, Kind = kind, Rules = ["a", "b"], Servers = [ServerId.Parse("_g.7")], Message = "m", Advice = "x\ny" }),
                new Finding { Severity = FindingSeverity.Note, Kind = FindingKind.Setting, Rules = [], Servers = [], Message = "m" },
            ],
        };
        Assert.Equal(diagnosis, AnswerJson.DeserializeDiagnosis(AnswerJson.Serialize(diagnosis)));
        const string Newer = """{"version":"v","more":1,"findings":[{"severity":"warning","kind":"packets-dropped","rules":["web"],"servers":["_web.0"],"message":"m","more":{}}]}""";
        Assert.Equal("warning: m", AnswerJson.DeserializeDiagnosis(Encoding.UTF8.GetBytes(Newer)).Findings.Single().ToString());
        foreach (var wrong in (string[])["{}", "[]", """{"version":"v","findings":[{}]}""", Newer.Replace("warning", "2", StringComparison.Ordinal)])
            Assert.Equal(IlbErrorCode.ProtocolError, Assert.Throws<IlbException>(() => AnswerJson.DeserializeDiagnosis(Encoding.UTF8.GetBytes(wrong))).Code);
    }

    [Fact]
    public void What_is_wrong_is_told_in_JSON_that_people_can_read()
    {
        var error = new IlbError { Code = IlbErrorCode.NoSuchRule, Message = "no rule 'büro' is there\n" };
        var json = AnswerJson.Serialize([error]);
        Assert.Contains("\"no rule 'büro' is there\\n\"", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Equal([error], AnswerJson.DeserializeErrors(json));
    }

    private const string Small = """
        {
          "format": 1,
          "serverGroups": [
            {
              "name": "web",
              "servers": [
                { "address": "10.0.0.1", "ports": 8080 },
                { "number": 7, "address": "10.0.0.2", "ports": "8000-8010", "enabled": false }
              ]
            }
          ],
          "rules": []
        }
        """;

    [Property(MaxTest = 200)]
    public void A_configuration_survives_its_JSON(int seed)
    {
        var configuration = Generate.Configuration(new Random(seed));
        Assert.Empty(configuration.Validate());
        Assert.Equal(configuration, IlbJson.DeserializeConfiguration(IlbJson.Serialize(configuration)));
    }

    [Property(MaxTest = 100)]
    public void Single_objects_survive_their_JSON(int seed)
    {
        var configuration = GenerateEverything.Configuration(new Random(seed));
        Assert.Equal(configuration.Rules, configuration.Rules.Select(static rule => IlbJson.DeserializeRule(IlbJson.Serialize(rule))).ToValueList());
        Assert.Equal(configuration.ServerGroups, configuration.ServerGroups.Select(static group => IlbJson.DeserializeServerGroup(IlbJson.Serialize(group))).ToValueList());
        Assert.Equal(configuration.HealthChecks, configuration.HealthChecks.Select(static check => IlbJson.DeserializeHealthCheck(IlbJson.Serialize(check))).ToValueList());
        Assert.Equal(configuration.FailoverGroups, configuration.FailoverGroups.Select(static group => IlbJson.DeserializeFailoverGroup(IlbJson.Serialize(group))).ToValueList());
    }

    [Fact]
    public void What_is_wrong_with_a_single_object_is_told_with_its_line()
    {
        var error = Assert.Single(Assert.Throws<IlbException>(() => IlbJson.DeserializeRule("{\n\"name\": \"web\",\n\"more\": 1 }"u8)).Errors);
        Assert.Equal((IlbErrorCode.ConfigurationDamaged, "more", 3), (error.Code, error.Path, error.Line));
        Assert.Throws<IlbException>(() => IlbJson.DeserializeServerGroup("null"u8));
    }

    [Property(MaxTest = 300)]
    public void Everything_that_can_be_said_survives_its_JSON(int seed)
    {
        var configuration = GenerateEverything.Configuration(new Random(seed));
        Assert.Equal(configuration, IlbJson.DeserializeConfiguration(IlbJson.Serialize(configuration)));
    }

    [Fact]
    public void Changes_survive_their_JSON()
    {
        ValueList<Change> changes =
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:80-90") } },
            new DeleteServerGroup { Name = "web" },
            new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("host.example") },
            new RemoveServers { ServerGroup = "web", Servers = [ServerSelector.Parse("_web.0"), ServerSelector.Parse("[2001:db8::1]:80")] },
            new EnableServers { Servers = [ServerId.Parse("_web.0")] },
            new DisableServers { Servers = [ServerId.Parse("_web.0")] },
            new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "h", Test = new HttpTest { Path = "/health" } } },
            new DeleteHealthChecks { Names = ["h"] },
            new CreateRule { Rule = new Rule { Name = "web", Vip = IPAddress.Parse("2001:db8::1"), Ports = 80, Topology = Topology.Dsr, ServerGroup = "web", Algorithm = Algorithm.HashIpPort } },
            new DeleteRules { All = true },
            new EnableRules { Names = ["web"] },
            new DisableRules { Names = ["web", "dns"] },
        ];
        var json = IlbJson.Serialize(changes);
        Assert.Equal(changes, IlbJson.DeserializeChanges(json));
        var text = Encoding.UTF8.GetString(json);
        Assert.StartsWith("{\n  \"format\": 1,\n", text, StringComparison.Ordinal);
        foreach (var kind in new[] { "create-servergroup", "delete-servergroup", "add-servers", "remove-servers", "enable-servers", "disable-servers", "create-healthcheck", "delete-healthchecks", "create-rule", "delete-rules", "enable-rules", "disable-rules" })
            Assert.Contains($"\"change\": \"{kind}\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kind_of_a_change_may_stand_anywhere_in_it() =>
        Assert.Equal(
            [new DeleteServerGroup { Name = "g" }],
            IlbJson.DeserializeChanges("{ \"format\": 1, \"changes\": [ { \"name\": \"g\", \"change\": \"delete-servergroup\" } ] }"u8));

    [Theory]
    [InlineData("{ \"name\": \"g\" }", "the member 'change', which says the kind of a change, is missing")]
    [InlineData("{ \"change\": \"delete-everything\" }", "changes[0]: 'delete-everything' is not a kind of change")]
    public void A_change_of_no_known_kind_is_refused(string change, string message)
    {
        var refused = Assert.Throws<IlbException>(() => IlbJson.DeserializeChanges(Encoding.UTF8.GetBytes($"{{ \"format\": 1, \"changes\": [ {change} ] }}")));
        Assert.Equal(IlbErrorCode.ConfigurationDamaged, refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_person_leaves_out_has_its_default()
    {
        var group = Read(Small).ServerGroups[0];
        Assert.Equal([8u, 7u], group.Servers.Select(static server => server.Number!.Value));
        Assert.Equal(9, group.NextNumber);
        Assert.Equal((true, 1, new PortRange(8080)), (group.Servers[0].Enabled, group.Servers[0].Weight, group.Servers[0].Ports!));
        Assert.Equal(new PortRange(8000, 8010), group.Servers[1].Ports);
    }

    [Fact]
    public void A_byte_order_mark_is_no_damage() => Assert.Single(Read("\uFEFF" + Small).ServerGroups);

    [Fact]
    public void What_does_not_fit_together_after_a_byte_order_mark_is_told_with_its_line()
    {
        var refused = Assert.Throws<IlbException>(static () => Read("\uFEFF" + Small.Replace("\"rules\": []", "\"rules\": [ {\n\"name\": \"a\", \"vip\": \"127.0.0.1\", \"ports\": 80, \"topology\": \"DSR\", \"serverGroup\": \"web\" } ]", StringComparison.Ordinal)));
        Assert.Equal((IlbErrorCode.ConfigurationDamaged, "rules[0].vip", 13), (refused.Errors[0].Code, refused.Errors[0].Path, refused.Errors[0].Line));
    }

    [Fact]
    public void An_empty_configuration_is_small() =>
        Assert.Equal("{\n  \"format\": 1,\n  \"serverGroups\": [],\n  \"healthChecks\": [],\n  \"rules\": [],\n  \"failoverGroups\": []\n}\n", Encoding.UTF8.GetString(IlbJson.Serialize(Configuration.Empty)));

    [Theory]
    [InlineData("", null, "the file is empty")]
    [InlineData("x", 1, "'x' is an invalid start of a value.")]
    [InlineData("[]", 1, "an object with the member \"format\" is expected")]
    [InlineData("{}", 1, "the member \"format\" is missing")]
    [InlineData("{\n\"format\": \"1\" }", 2, "format: the format is 1 in this version")]
    [InlineData("{\n\"format\": 0 }", 2, "format: the format is 1 in this version")]
    [InlineData("{ \"format\": 1,\n\"rulez\": [] }", 2, "rulez: unknown member 'rulez'")]
    [InlineData("{ \"format\": 1,\n\"rules\": [],\n\"rules\": [] }", 3, "rules: the member 'rules' stands there twice")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"name\": \"\\ud800\", \"topology\": \"DSR\", \"serverGroup\": \"web\" } ] }", 2, "rules[0].name: ")]
    [InlineData("{ \"format\": 1,\n\"rules\": {} }", 2, "rules: an array is expected")]
    [InlineData("{ \"format\": 1,\n\"rules\":\n[null] }", 3, "rules[0]: null is not allowed in a list")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"name\": \"web\",\n\"topology\": \"X\", \"serverGroup\": \"web\" } ] }", 3, "rules[0].topology: 'X' is not a topology: it is one of DSR, NAT, HALF-NAT, TUN")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"name\": \"web\" } ] }", 2, "rules[0]: the members 'topology', 'serverGroup' are missing")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"topology\": \"DSR\", \"serverGroup\": \"web\" } ] }", 2, "rules[0]: the member 'name' is missing")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"name\": 7 } ] }", 2, "rules[0].name: a value of another kind is expected")]
    [InlineData("{ \"format\": 1,\n\"rules\": [ { \"name\": null, \"topology\": \"DSR\", \"serverGroup\": \"web\" } ] }", 2, "rules[0].name: the member 'name' is null")]
    [InlineData("{ \"format\": 1, \"ru", 1, "the text ends too early")]
    [InlineData("{ \"format\": 1,\n\"rules\": [], }", 2, "a comma without anything after it")]
    [InlineData("{ \"format\": 1, \"serverGroups\": [ { \"name\": \"web\", \"servers\": [\n{ \"address\": \"10.0.0.300\" } ] } ] }", 2, "serverGroups[0].servers[0].address: '10.0.0.300' is not an IPv4 or IPv6 address")]
    [InlineData("{ \"format\": 1, \"serverGroups\": [ { \"name\": \"web\", \"servers\": [\n{ \"address\": 7 } ] } ] }", 2, "serverGroups[0].servers[0].address: a text is expected")]
    [InlineData("{ \"format\": 1, \"serverGroups\": [ { \"name\": \"web\", \"servers\": [\n{ \"ports\": 70000 } ] } ] }", 2, "serverGroups[0].servers[0].ports: a port is a number of 1-65535")]
    [InlineData("{ \"format\": 1, \"serverGroups\": [ { \"name\": \"web\", \"servers\": [\n{ \"ports\": true } ] } ] }", 2, "serverGroups[0].servers[0].ports: ports are a number or a text such as \"8000-8010\"")]
    [InlineData("{ \"format\": 1, // comment\n }", 1, "'/' is an invalid start of a property name")]
    [InlineData("{ \"format\": 1\n", null, "the text ends too early: a bracket is not closed")]
    public void A_damaged_text_is_refused_with_its_line(string json, int? line, string message)
    {
        var damaged = Assert.Throws<IlbException>(() => Read(json));
        Assert.Equal(IlbErrorCode.ConfigurationDamaged, damaged.Code);
        var error = Assert.Single(damaged.Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
        if (line is not null)
            Assert.Equal(line, error.Line);
    }

    [Theory]
    [InlineData("\"algorithm\": \"rr\"", "'rr' is written 'roundrobin' here")]
    [InlineData("\"protocol\": \"tcp\"", "'tcp' is written 'TCP' here")]
    [InlineData("\"health\": { \"check\": \"h\", \"port\": \"any\" }", "'any' is written 'ANY' here")]
    [InlineData("\"sorry\": { \"serverGroup\": \"s\", \"quorum\": \"02\" }", "'02' is written '2' here")]
    public void A_word_has_one_spelling(string member, string message)
    {
        var refused = Assert.Throws<IlbException>(() => Read($"{{ \"format\": 1, \"rules\": [ {{ \"name\": \"a\",\n{member} }} ] }}"));
        Assert.EndsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, refused.Errors[0].Line);
    }

    [Fact]
    public void The_name_of_a_schema_is_kept_through_every_change()
    {
        var configuration = Read("{ \"$schema\": \"ilb.schema.json\", \"format\": 1 }");
        configuration = new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g" } }.ApplyTo(configuration);
        configuration = new ReplaceAll { Configuration = Configuration.Empty }.ApplyTo(configuration);
        Assert.StartsWith("{\n  \"$schema\": \"ilb.schema.json\",\n  \"format\": 1,\n", Encoding.UTF8.GetString(IlbJson.Serialize(configuration)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"name\": \"g\", \"name\": \"g\"", "serverGroups[0].name: the member 'name' stands there twice")]
    [InlineData("\"name\": \"g\", \"servers\": [ { \"address\": \"10.0.0.1\", \"address\": \"10.0.0.1\" } ]", "serverGroups[0].servers[0].address: the member 'address' stands there twice")]
    [InlineData("\"name\": \"g\" } ], \"healthChecks\": [ { \"name\": \"h\", \"test\": { \"kind\": \"HTTP\", \"path\": \"/\", \"path\": \"/\" }", "healthChecks[0].test.path: the member 'path' stands there twice")]
    [InlineData("\"name\": \"g\" } ], \"healthChecks\": [ { \"name\": \"h\", \"test\": { \"kind\": \"HTTP\", \"kind\": \"HTTP\" }", "healthChecks[0].test.kind: the member 'kind' stands there twice")]
    [InlineData("\"name\": \"g\" } ], \"format\": 1, \"rules\": [ {", "format: the member 'format' stands there twice")]
    public void A_member_that_stands_there_twice_is_refused_wherever_it_is(string members, string message)
    {
        var refused = Assert.Throws<IlbException>(() => Read($"{{ \"format\": 1, \"serverGroups\": [ {{ {members} }} ] }}"));
        Assert.Equal(message, refused.Message);
    }

    [Fact]
    public void A_counter_out_of_range_is_refused()
    {
        var refused = Assert.Throws<IlbException>(static () => Read("{ \"format\": 1, \"serverGroups\": [ { \"name\": \"web\",\n\"nextNumber\": -1 } ] }"));
        Assert.Equal((IlbErrorCode.ConfigurationDamaged, "serverGroups[0].nextNumber", 2), (refused.Errors[0].Code, refused.Errors[0].Path, refused.Errors[0].Line));
    }

    [Fact]
    public void A_newer_format_is_told_as_newer_whatever_else_is_in_it()
    {
        var newer = Assert.Throws<IlbException>(static () => Read("{ \"whatever\": [], \"format\": 2, \"more\": {} }"));
        Assert.Equal(IlbErrorCode.ConfigurationNewer, newer.Code);
        Assert.Contains("format 2", newer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_does_not_fit_together_is_told_with_its_lines()
    {
        var refused = Assert.Throws<IlbException>(static () => Read("""
            {
              "format": 1,
              "serverGroups": [
                { "name": "web", "servers": [ { "address": "10.0.0.1" } ] },
                { "name": "web", "servers": [] }
              ],
              "rules": [
                { "name": "a", "vip": "192.0.2.1", "ports": 80, "topology": "HALF-NAT", "serverGroup": "web" },
                {
                  "name": "b", "ports": 80, "topology": "DSR",
                  "vip": "192.0.2.1",
                  "serverGroup": "none"
                },
                { "name": "c", "vip": "2001:db8::1", "ports": 80, "topology": "HALF-NAT", "serverGroup": "web" }
              ]
            }
            """));
        Assert.Equal(
            """
            5 server group 'web' stands there twice
            12 rule 'b': server group 'none' does not exist
            11 rule 'b' overlaps rule 'a': both take TCP 192.0.2.1:80
            14 rule 'c': VIP 2001:db8::1 and server '10.0.0.1' of server group 'web' are of different address families
            """,
            string.Join('\n', refused.Errors.Select(static error => $"{error.Line} {error.Message}")));
        Assert.Equal("serverGroups[1].name", refused.Errors[0].Path);
    }

    [Property(MaxTest = 500)]
    public void Any_damage_is_an_error_or_a_valid_configuration(int seed)
    {
        var random = new Random(seed);
        var json = IlbJson.Serialize(Generate.Configuration(random));
        for (var i = random.Next(1, 4); i > 0; i--)
            json[random.Next(json.Length)] = (byte)random.Next(256);
        try
        {
            Assert.Empty(IlbJson.DeserializeConfiguration(json.AsSpan(0, random.Next(2) == 0 ? json.Length : random.Next(json.Length))).Validate());
        }
        catch (IlbException e)
        {
            Assert.Contains(e.Code, new[] { IlbErrorCode.ConfigurationDamaged, IlbErrorCode.ConfigurationNewer });
        }
    }

    private static Configuration Read(string json) => IlbJson.DeserializeConfiguration(Encoding.UTF8.GetBytes(json));
}
