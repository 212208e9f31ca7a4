using Mono.Unix.Native;

namespace Ilb.Daemon.Access;

/// <summary>What passwd(5) and group(5) say, or what else nsswitch.conf(5) names.</summary>
internal sealed class SystemAccounts : IAccounts
{
    public uint OwnUser => Syscall.geteuid();

    public string? NameOf(uint user)
    {
        var entry = new Passwd();
        return Syscall.getpwuid_r(user, entry, out var found) == 0 && found is not null ? entry.pw_name : null;
    }

    public uint? FindGroup(string name)
    {
        var entry = new Group();
        return Syscall.getgrnam_r(name, entry, out var found) == 0 && found is not null ? entry.gr_gid : null;
    }

    public (uint User, uint Group)? FindUser(string name)
    {
        var entry = new Passwd();
        return Syscall.getpwnam_r(name, entry, out var found) == 0 && found is not null ? (entry.pw_uid, entry.pw_gid) : null;
    }
}
