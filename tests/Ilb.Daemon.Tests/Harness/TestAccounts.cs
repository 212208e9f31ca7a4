using Ilb.Daemon.Access;

namespace Ilb.Daemon.Tests;

/// <summary>The users and groups of a machine that has few.</summary>
internal sealed class TestAccounts : IAccounts
{
    public uint OwnUser => 999;

    public string? NameOf(uint user) => user switch { 0 => "root", TestDaemon.Stranger => "stranger", TestDaemon.Enabler => "enabler", TestDaemon.Changer => "changer", _ => null };

    public uint? FindGroup(string name) => name switch { "enablers" => TestDaemon.Enabler, "changers" => TestDaemon.Changer, "everybody" => 7, _ => null };

    public (uint User, uint Group)? FindUser(string name) => null;
}
