using System.Globalization;

namespace Ilb.Daemon.Access;

/// <summary>The users that have connections, so that one cannot take those of others.</summary>
internal sealed class Callers(DaemonServerOptions options)
{
    private readonly Dictionary<uint, Caller> _present = [];
    private readonly Lock _turn = new();

    /// <summary>How many connections a user may have.</summary>
    public int LimitOf(uint user) => Rights.IsOwner(user, options.Accounts) ? options.MaximumOwnConnections : options.MaximumConnections;

    /// <summary>Counts a connection of a user; null if it has as many as it may.</summary>
    public Caller? Enter(uint user)
    {
        lock (_turn)
        {
            if (!_present.TryGetValue(user, out var caller))
                _present.Add(user, caller = new Caller(options.Accounts.NameOf(user) ?? user.ToString(CultureInfo.InvariantCulture)));
            if (caller.Connections >= LimitOf(user))
                return null;
            caller.Connections++;
            return caller;
        }
    }

    /// <summary>Counts the end of a connection.</summary>
    public void Leave(uint user)
    {
        lock (_turn)
        {
            if (_present.TryGetValue(user, out var caller) && --caller.Connections == 0)
            {
                _present.Remove(user);
                caller.Dispose();
            }
        }
    }
}
