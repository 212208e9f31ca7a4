using System.Globalization;

namespace Ilb.Daemon.Access;

/// <summary>The users that have connections, so that one cannot take those of others.</summary>
internal sealed class Callers(DaemonServerOptions options)
{
    private readonly Dictionary<uint, Caller> _present = [];
    private readonly Lock _turn = new();
    // One user may have many user IDs: of all together there are not more either.
    private int _others;

    /// <summary>How many connections a user may have.</summary>
    public int LimitOf(uint user) => Rights.IsOwner(user, options.Accounts) ? options.MaximumOwnConnections : options.MaximumConnections;

    /// <summary>Counts a connection of a user; null if it has as many as it may.</summary>
    public Caller? Enter(uint user)
    {
        lock (_turn)
        {
            if (!_present.TryGetValue(user, out var caller))
                _present.Add(user, caller = new Caller(options.Accounts.NameOf(user) ?? user.ToString(CultureInfo.InvariantCulture)));
            var isOther = !Rights.IsOwner(user, options.Accounts);
            if (caller.Connections >= LimitOf(user) || (isOther && _others >= options.MaximumAllConnections))
            {
                Forget(user, caller);
                return null;
            }

            caller.Connections++;
            _others += isOther ? 1 : 0;
            return caller;
        }
    }

    /// <summary>Counts the end of a connection.</summary>
    public void Leave(uint user)
    {
        lock (_turn)
        {
            if (!_present.TryGetValue(user, out var caller))
                return;
            caller.Connections--;
            _others -= Rights.IsOwner(user, options.Accounts) ? 0 : 1;
            Forget(user, caller);
        }
    }

    private void Forget(uint user, Caller caller)
    {
        if (caller.Connections == 0 && _present.Remove(user))
            caller.Dispose();
    }
}
