namespace Ilb.Daemon.Access;

/// <summary>The users and groups of the machine.</summary>
internal interface IAccounts
{
    /// <summary>The user that this process is.</summary>
    uint OwnUser { get; }

    /// <summary>The name of a user; null if it has none.</summary>
    string? NameOf(uint user);

    /// <summary>The number of a group; null if there is none of that name.</summary>
    uint? FindGroup(string name);

    /// <summary>The user of a name and its primary group; null if there is none.</summary>
    (uint User, uint Group)? FindUser(string name);
}
