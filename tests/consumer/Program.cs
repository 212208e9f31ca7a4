using System.Net;
using Ilb;
using Ilb.Netlink.Ipvs;

// What a product does first: a group, a rule, and a look at what the kernel has of it.
await using var balancer = LoadBalancer.Create(new LoadBalancerOptions { ConfigurationPath = Path.Combine(Path.GetTempPath(), "ilb-consumer.json") });
await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.11-10.0.0.12:8080") });
await balancer.CreateRuleAsync(new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" });

using var ipvs = new IpvsClient();
var pool = (await ipvs.GetPoolsAsync()).Single();
Console.WriteLine($"web {pool.Service.Service.Key.Address}:{pool.Service.Service.Key.Port} -> {pool.Destinations.Count} servers in the kernel");
