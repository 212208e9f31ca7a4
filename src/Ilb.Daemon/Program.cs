// The daemon is not part of this version: it says so instead of running without doing anything.
Console.Error.WriteLine("ilbd: this version has no daemon; ilbadm works without one");
return 1;
