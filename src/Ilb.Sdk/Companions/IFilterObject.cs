namespace Ilb;

/// <summary>What stands in our table of nftables. All of it is ours.</summary>
internal interface IFilterObject;
