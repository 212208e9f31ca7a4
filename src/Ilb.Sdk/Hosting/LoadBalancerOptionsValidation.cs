using Microsoft.Extensions.Options;

namespace Ilb;

/// <summary>Refuses wrong options, with all reasons.</summary>
internal sealed class LoadBalancerOptionsValidation : IValidateOptions<LoadBalancerOptions>
{
    public ValidateOptionsResult Validate(string? name, LoadBalancerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var owner = string.IsNullOrEmpty(name) ? "" : $" of load balancer {Quote.Of(name)}";
        var errors = options.Validate();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors.Select(error => $"{NameOf(error.Path)}{owner}: {error.Message}"));
    }

    // Errors name members as a file would.
    private static string NameOf(string? path) => string.IsNullOrEmpty(path) ? nameof(LoadBalancerOptions) : $"{nameof(LoadBalancerOptions)}.{char.ToUpperInvariant(path[0])}{path[1..]}";
}
