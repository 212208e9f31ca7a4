namespace Ilb;

/// <summary>What rules ask for beside their services, less what is there. Pure.</summary>
internal static class CompanionPlanner
{
    /// <summary>What is noted of our table.</summary>
    public const string TableId = "table";

    private static readonly StepFailure Foreign = new()
    {
        Code = IlbErrorCode.ForeignService,
        Message = "the packet filter has a table of this name already that somebody else has made (see 'nft list tables'): remove it, or give this instance another name",
    };

    /// <param name="ids">The objects to look at.</param>
    /// <param name="wanted">What should be.</param>
    /// <param name="before">What was asked for last, and holds for the packet filter where it was not looked at.</param>
    /// <param name="found">What is.</param>
    /// <param name="kept">What is ours, with what was there before.</param>
    public static CompanionPlan Plan(IEnumerable<string> ids, WantedCompanions wanted, WantedCompanions before, FoundCompanions found, IReadOnlyDictionary<string, string> kept)
    {
        // A table that makes no sense, and that nothing says is ours, is somebody else's.
        var isForeign = found.IsForeign || (found.IsDamaged && !kept.ContainsKey(TableId));
        var failure = found.FilterFailure is { } reason ? new StepFailure { Code = reason.Code, Message = reason.Message } : isForeign ? Foreign : null;
        var isAnew = found.IsDamaged && failure is null;
        var looked = ids.Where(id => id != TableId).ToHashSet();
        // A look at the whole packet filter finds also what nobody asks for.
        if (found.HasFilter && failure is null)
            looked.UnionWith(found.Objects.Where(static pair => pair.Value is IFilterObject).Select(static pair => pair.Key));
        if (isAnew)
            looked.UnionWith(wanted.Ids.Where(id => wanted.Find(id) is IFilterObject));
        List<CompanionOperation> first = [], middle = [], last = [];
        List<(string, string)> keeps = [];
        List<string> forgotten = [];
        var isUnable = false;
        foreach (var id in looked.Order(StringComparer.Ordinal))
        {
            var want = wanted.Find(id);
            var isFilter = (want ?? before.Find(id) ?? found.Objects.GetValueOrDefault(id)) is IFilterObject;
            // Without nftables only a table that we own is assumed to hold what was desired last.
            var unseen = kept.ContainsKey(TableId) ? before.Find(id) : null;
            var have = isFilter && !found.HasFilter ? unseen : found.Objects.GetValueOrDefault(id);
            if (isFilter && isAnew)
                have = null;
            var operation = new CompanionOperation { Before = have, After = want, Rule = wanted.RuleOf(id) };
            if (isFilter)
            {
                // An object that cannot be read is not assumed to be as desired: the failed step reports it.
                if (have == want && (failure is null || want is null))
                    continue;
                if (failure is not null)
                    isUnable = true;
                else
                    (operation.Object.Stage == CompanionStage.Before ? middle : want is null ? last : first).Add(operation);
                continue;
            }

            var value = kept.GetValueOrDefault(id);
            switch (want)
            {
                case OwnedAddress when have is null:
                    if (value is null)
                        keeps.Add((id, ""));
                    middle.Add(operation);
                    break;
                case OwnedAddress:
                    break;
                case not null when have is null:
                    // The kernel does not have it: to try tells why.
                    first.Add(operation);
                    break;
                case not null when have != want:
                    // What was there before us stays known, however often we change it.
                    keeps.Add((id, $"{(value is null ? have.Detail : value.Split('>')[0])}>{want.Detail}"));
                    first.Add(operation);
                    break;
                case not null:
                    break;
                case null when value is null:
                    break;
                case null when have is OwnedAddress:
                    middle.Add(operation);
                    break;
                // If it is not as we left it, others have set it since, and mean it.
                case null when have is not null && value.Split('>') is [var original, var ours] && ours == have.Detail && original != ours && CompanionIds.WithDetail(have, original) is { } old:
                    last.Add(operation with { After = old, IsRestored = true });
                    break;
                case null:
                    forgotten.Add(id);
                    break;
            }
        }

        if (isAnew)
        {
            first.AddRange(middle.Where(static operation => operation.Object is IFilterObject));
            middle.RemoveAll(static operation => operation.Object is IFilterObject);
        }

        var isLast = !wanted.Ids.Any(id => wanted.Find(id) is IFilterObject);
        // What is left of it cannot be taken away.
        isUnable |= isLast && failure is not null && kept.ContainsKey(TableId);
        if (first.Concat(middle).Any(static operation => operation.After is IFilterObject) && !kept.ContainsKey(TableId))
            keeps.Add((TableId, ""));
        if (isLast && found is { HasFilter: true, HasTable: false } && kept.ContainsKey(TableId))
            forgotten.Add(TableId);
        return new CompanionPlan
        {
            First = InOrder(first, static operation => operation.Object switch { SourceChains or MarkChains => 0, IFilterObject => 1, _ => 2 }),
            Middle = InOrder(middle, static operation => operation switch
            {
                { Object: OwnedAddress, After: null } => 0,
                { After: MarkChains } => 1,
                { Object: PacketMark, After: null } => 2,
                { Object: PacketMark } => 3,
                { Object: MarkChains } => 4,
                _ => 5,
            }),
            Last = InOrder(last, static operation => operation.Object is SourceTranslation ? 0 : operation.Object is IFilterObject ? 1 : 2),
            Kept = keeps.ToValueList(),
            Forgotten = forgotten.ToValueList(),
            IsFilterAnew = isAnew && !isLast,
            IsFilterGone = isLast && failure is null && (found.HasFilter ? found.HasTable : kept.ContainsKey(TableId)),
            FilterFailure = isUnable ? failure : null,
        };
    }

    private static ValueList<CompanionOperation> InOrder(List<CompanionOperation> operations, Func<CompanionOperation, int> order) => operations.OrderBy(order).ToValueList();
}
