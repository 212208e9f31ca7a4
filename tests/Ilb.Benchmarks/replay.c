/* Sends recorded netlink requests and reads their acknowledgements: the peer of our own code in the benchmark. Prints microseconds. */
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	static char answers[65536];
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct timespec start, end;
	struct stat status;
	int one = 1, room = 1 << 20, file, sock;
	char *data, *at;

	if (argc != 2)
		return 2;
	file = open(argv[1], O_RDONLY);
	if (file < 0 || fstat(file, &status) < 0)
		die(argv[1]);
	data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (data == MAP_FAILED)
		die("mmap");

	clock_gettime(CLOCK_MONOTONIC, &start);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (struct sockaddr *)&kernel, sizeof kernel) < 0)
		die("socket");
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);

	for (at = data; at < data + status.st_size;) {
		uint32_t length = *(uint32_t *)at, count = *(uint32_t *)(at + 4);

		if (send(sock, at + 8, length, 0) < 0)
			die("send");
		while (count > 0) {
			ssize_t size = recv(sock, answers, sizeof answers, 0);
			struct nlmsghdr *message = (struct nlmsghdr *)answers;

			if (size < 0)
				die("recv");
			for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size), count--) {
				struct nlmsgerr *error = NLMSG_DATA(message);

				if (message->nlmsg_type != NLMSG_ERROR || error->error != 0) {
					fprintf(stderr, "a request failed: %d\n", error->error);
					return 1;
				}
			}
		}
		at += 8 + length;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000);
	return 0;
}
