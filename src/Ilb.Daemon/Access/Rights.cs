namespace Ilb.Daemon.Access;

/// <summary>Who may do what: root and the daemon's own user everything, members of groups what node.json says, all others look.</summary>
internal sealed class Rights
{
    private readonly IAccounts _accounts;
    private readonly Dictionary<uint, AccessRight> _groups = [];

    /// <param name="settings">The groups and what they may do.</param>
    /// <param name="accounts">The groups that there are.</param>
    public Rights(ValueList<GroupAccess> settings, IAccounts accounts)
    {
        _accounts = accounts;
        var unknown = new List<string>();
        foreach (var group in settings)
        {
            if (accounts.FindGroup(group.Name) is { } number)
                _groups[number] = _groups.TryGetValue(number, out var right) && right > group.Right ? right : group.Right;
            else
                unknown.Add(group.Name);
        }

        Unknown = unknown;
    }

    /// <summary>The groups that this machine does not have; they come to count with the next reload.</summary>
    public IReadOnlyList<string> Unknown { get; }

    /// <summary>What the peer may do; null = only look.</summary>
    public AccessRight? Of(Peer peer)
    {
        if (IsOwner(peer.User, _accounts))
            return AccessRight.Change;
        AccessRight? best = null;
        foreach (var group in peer.Groups.Prepend(peer.Group))
        {
            if (_groups.TryGetValue(group, out var right) && (best is null || right > best))
                best = right;
        }

        return best;
    }

    /// <summary>Whether the user could change the daemon itself, so that to refuse it anything would protect nothing.</summary>
    public static bool IsOwner(uint user, IAccounts accounts) => user == 0 || user == accounts.OwnUser;
}
