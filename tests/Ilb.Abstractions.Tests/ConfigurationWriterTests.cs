using FsCheck.Xunit;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class ConfigurationWriterTests
{
    [Property(MaxTest = 100)]
    public void A_text_is_the_same_whatever_was_written_before(int seed)
    {
        var random = new Random(seed);
        var writer = new ConfigurationWriter();
        var configuration = Configuration.Empty;
        for (var i = 0; i < 10; i++)
        {
            // Of the one before some parts stay, at other places.
            var other = Generate.Configuration(random);
            configuration = new Configuration
            {
                ServerGroups = random.Next(4) == 0 ? [] : [.. other.ServerGroups, .. configuration.ServerGroups.Take(3)],
                HealthChecks = random.Next(2) == 0 ? [] : [new HealthCheck { Name = $"h{i}", Test = new TcpTest { Send = "[]\"\\<é" } }, .. configuration.HealthChecks],
                Rules = random.Next(4) == 0 ? [] : [.. configuration.Rules.Take(2), .. other.Rules],
                FailoverGroups = random.Next(2) == 0 ? [] : [new FailoverGroup { Name = $"f{i}", VirtualRouterId = 7, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1")] }],
            };
            Assert.Equal(IlbJson.Serialize(configuration), writer.Serialize(configuration).ToArray());
        }
    }

    [Fact]
    public void A_schema_is_kept_whatever_its_name()
    {
        var configuration = IlbJson.DeserializeConfiguration("""{ "$schema": "[]\": []", "format": 1, "serverGroups": [{ "name": "g" }] }"""u8);
        Assert.Equal(IlbJson.Serialize(configuration), new ConfigurationWriter().Serialize(configuration).ToArray());
    }

    [Fact]
    public void Objects_that_are_gone_are_forgotten()
    {
        var writer = new ConfigurationWriter();
        var gone = Write(writer);
        for (var i = 0; i < 3; i++)
            writer.Serialize(Many());
        writer.Serialize(Configuration.Empty);
        GC.Collect();
        Assert.False(gone.IsAlive);
    }

    // Apart, so that nothing on the stack keeps it.
    private static WeakReference Write(ConfigurationWriter writer)
    {
        var configuration = Many();
        writer.Serialize(configuration);
        return new WeakReference(configuration.ServerGroups[0]);
    }

    private static Configuration Many() => new() { ServerGroups = [.. Enumerable.Range(0, 1000).Select(static place => new ServerGroup { Name = $"g{place}" })] };
}
