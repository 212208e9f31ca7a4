namespace Ilb.Integration.Tests.Harness;

/// <summary>What ./build left.</summary>
internal static class Artifacts
{
    public static string Folder { get; } = Path.Combine(Root(), "artifacts");

    private static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Ilb.sln")))
                return folder;
        }

        throw new InvalidOperationException("no Ilb.sln above the tests");
    }
}
