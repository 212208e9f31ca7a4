namespace Ilb.Daemon.Http;

/// <summary>A request is refused with a status that its error's code does not say.</summary>
internal sealed class Refusal(int status, IlbErrorCode code, string message) : Exception(message)
{
    public int Status => status;

    public IlbError Error { get; } = new() { Code = code, Message = message };
}
