namespace Ilb;

/// <summary>The only exception that the load balancer throws, besides <see cref="ArgumentException"/>, <see cref="ObjectDisposedException"/> and <see cref="OperationCanceledException"/>.</summary>
/// <remarks>What makes values without a load balancer says what is wrong as everywhere in .NET: reading a text throws <see cref="FormatException"/>, a number out of range
/// (<c>Ports = 70000</c>) is an <see cref="ArgumentOutOfRangeException"/>. Values that are wrong in themselves or beside others are found by <c>Validate()</c> and by applying a change.
/// Unless a code says otherwise, nothing changed: neither the configuration nor the kernel.</remarks>
/// <example><code>
/// try { await balancer.CreateRuleAsync(rule); }
/// catch (IlbException e) when (e.Code == IlbErrorCode.NoSuchServerGroup) { Console.Error.WriteLine(e.Message); }
/// </code></example>
public sealed class IlbException : Exception
{
    /// <summary>Makes an exception of one error.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="message">What went wrong, for a person.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public IlbException(IlbErrorCode code, string message, Exception? innerException = null)
        : this([new IlbError { Code = code, Message = message }], innerException)
    {
    }

    /// <summary>Makes an exception of all errors that were found.</summary>
    /// <param name="errors">At least one.</param>
    /// <exception cref="ArgumentException">There is no error.</exception>
    public IlbException(ValueList<IlbError> errors)
        : this(errors, null)
    {
    }

    /// <summary>Makes an exception of all errors that were found.</summary>
    /// <param name="errors">At least one.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    /// <exception cref="ArgumentException">There is no error.</exception>
    public IlbException(ValueList<IlbError> errors, Exception? innerException)
        : base(Join(errors), innerException) => Errors = errors;

    /// <summary>The code of the first error.</summary>
    public IlbErrorCode Code => Errors[0].Code;

    /// <summary>All errors, in the order of the input.</summary>
    public ValueList<IlbError> Errors { get; }

    /// <summary>Whether the same call may succeed when it is tried again later, without any change by the caller.</summary>
    public bool IsTransient => Errors.All(static error => error.Code is IlbErrorCode.Busy or IlbErrorCode.InProgress or IlbErrorCode.OutOfMemory
        or IlbErrorCode.Locked or IlbErrorCode.Timeout or IlbErrorCode.DaemonUnreachable);

    private static string Join(ValueList<IlbError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (errors.Count == 0)
            throw new ArgumentException("an exception needs at least one error", nameof(errors));
        return string.Join('\n', errors.Select(static error => error.Message));
    }
}
