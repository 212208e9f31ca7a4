namespace Ilb.Netlink.Wire;

/// <summary>Constants of include/uapi/linux/netlink.h.</summary>
internal static class NetlinkConstants
{
    public const int HeaderLength = 16;
    public const int AttributeHeaderLength = 4;
    public const int Alignment = 4;

    // Message types below NLMSG_MIN_TYPE.
    public const ushort TypeNoop = 1;
    public const ushort TypeError = 2;
    public const ushort TypeDone = 3;
    public const ushort TypeOverrun = 4;

    // Flags of requests and answers.
    public const ushort FlagRequest = 0x1;
    public const ushort FlagMulti = 0x2;
    public const ushort FlagAcknowledge = 0x4;
    public const ushort FlagDumpInterrupted = 0x10;
    public const ushort FlagDump = 0x300;
    public const ushort FlagExclusive = 0x200;
    public const ushort FlagCreate = 0x400;

    // Flags of acknowledgements.
    public const ushort FlagCapped = 0x100;
    public const ushort FlagAcknowledgementAttributes = 0x200;

    // nlmsgerr_attrs.
    public const ushort ErrorAttributeMessage = 1;
    public const ushort ErrorAttributeOffset = 2;

    // nla_type: the two highest bits are flags.
    public const ushort AttributeTypeMask = 0x3fff;

    public static int Align(int length) => (length + Alignment - 1) & ~(Alignment - 1);
}
