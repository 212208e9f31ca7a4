/* TCP checks by epoll, the peer of our own prober in the benchmark: connects to 127.1.0.0/16 at a steady rate, each check watched for its end and its timeout, closed by a reset.
   probes PORT RATE SECONDS prints: checks that succeeded, CPU microseconds of this process (user and system), resident kilobytes.
   probes listen prints a port and accepts there until its standard input ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 4096
#define TIMEOUT 5000000000ull

struct check {
	int fd, next;
	uint32_t place; /* in the heap */
	uint64_t deadline;
};

static struct check checks[MOST];
static struct check *heap[MOST];
static uint32_t count;
static int unused;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(uint32_t place, struct check *check)
{
	heap[place] = check;
	check->place = place;
}

static void sift(uint32_t place)
{
	struct check *check = heap[place];
	uint32_t child;

	while (place > 0 && heap[(place - 1) / 2]->deadline > check->deadline) {
		put(place, heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	while ((child = 2 * place + 1) < count) {
		if (child + 1 < count && heap[child + 1]->deadline < heap[child]->deadline)
			child++;
		if (heap[child]->deadline >= check->deadline)
			break;
		put(place, heap[child]);
		place = child;
	}
	put(place, check);
}

static void end(struct check *check)
{
	uint32_t place = check->place;

	close(check->fd);
	check->fd = -1;
	check->next = unused;
	unused = check - checks;
	if (place != --count) {
		put(place, heap[count]);
		sift(place);
	}
}

static int serve(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t length = sizeof any;
	int listener = socket(AF_INET, SOCK_STREAM, 0), client;
	char end;

	if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener, 4096) < 0
	    || getsockname(listener, (struct sockaddr *)&any, &length) < 0)
		die("listen");
	printf("%d\n", ntohs(any.sin_port));
	fflush(stdout);
	if (fork() == 0)
		for (;;)
			if ((client = accept(listener, NULL, NULL)) >= 0)
				close(client);
	while (read(0, &end, 1) > 0)
		;
	return kill(0, SIGTERM);
}

int main(int argc, char **argv)
{
	static struct epoll_event events[512];
	struct linger reset = { 1, 0 };
	struct sockaddr_in server = { .sin_family = AF_INET };
	struct rusage usage;
	uint64_t start, due, step, last;
	long good = 0, made = 0, resident = 0;
	int epoll, i, ready, error;
	socklen_t length;
	FILE *status;
	char line[256];

	if (argc == 2 && !strcmp(argv[1], "listen"))
		return setpgid(0, 0) == 0 ? serve() : 1;
	if (argc != 4)
		return 2;
	server.sin_port = htons(atoi(argv[1]));
	step = 1000000000ull / atoi(argv[2]);
	for (i = 0; i < MOST; i++)
		checks[i].next = i + 1 < MOST ? i + 1 : -1;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		die("epoll");
	start = due = now();
	last = start + 1000000000ull * atoi(argv[3]);
	for (;;) {
		uint64_t time = now();
		int wait;

		if (time >= last && count == 0)
			break;
		for (; due <= time && due < last && unused >= 0; due += step) {
			struct check *check = &checks[unused];
			struct epoll_event what = { .events = EPOLLOUT | EPOLLET, .data.u32 = unused };

			unused = check->next;
			check->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
			if (check->fd < 0)
				die("socket");
			setsockopt(check->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
			server.sin_addr.s_addr = htonl(0x7f010000 + made++ % 10000);
			if (connect(check->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
				die("connect");
			if (epoll_ctl(epoll, EPOLL_CTL_ADD, check->fd, &what) < 0)
				die("epoll_ctl");
			check->deadline = now() + TIMEOUT;
			put(count, check);
			sift(count++);
		}
		time = now();
		/* Batches of 20 ms, as ours. */
		wait = due < last && unused >= 0 ? 20 : count > 0 ? (int)((heap[0]->deadline - time) / 1000000) + 1 : 1;
		ready = epoll_wait(epoll, events, 512, wait);
		for (i = 0; i < ready; i++) {
			struct check *check = &checks[events[i].data.u32];

			error = 0;
			length = sizeof error;
			if (events[i].events & (EPOLLERR | EPOLLHUP))
				getsockopt(check->fd, SOL_SOCKET, SO_ERROR, &error, &length);
			good += error == 0;
			end(check);
		}
		time = now();
		while (count > 0 && heap[0]->deadline <= time)
			end(heap[0]);
	}
	getrusage(RUSAGE_SELF, &usage);
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		if (!strncmp(line, "VmRSS:", 6))
			resident = atol(line + 6);
	printf("%ld %ld %ld\n", good, usage.ru_utime.tv_sec * 1000000l + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000l + usage.ru_stime.tv_usec, resident);
	return 0;
}
