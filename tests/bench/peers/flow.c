/*
 * Traffic to measure networks with.
 *
 *   flow serve                     serves on ports 9001 (takes bytes), 9002 (sends what is asked for), 9003 (answers each
 *                                  byte), 9004 (accepts and closes), until it is killed; says `ready`
 *   flow up ADDRESS MIB            sends so many MiB, and waits until they were taken
 *   flow down ADDRESS MIB          receives so many MiB
 *   flow ask ADDRESS COUNT         sends a byte and waits for it to come back, so often
 *   flow connect ADDRESS COUNT     makes so many connections, 16 at a time; one that fails is an error
 *   flow name NAME COUNT           looks a name up, and connects to port 9004 at what it gives
 *
 * A client prints how many nanoseconds that took. Addresses are IPv4.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UP = 9001, DOWN, ASK, CONNECT, MIB = 1 << 20, AT_ONCE = 16 };
static char block[256 << 10];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void send_all(int s, uint64_t count)
{
	while (count > 0) {
		size_t part = count < sizeof block ? count : sizeof block;
		ssize_t sent = send(s, block, part, MSG_NOSIGNAL);
		if (sent < 0)
			fail("send");
		count -= (uint64_t)sent;
	}
}

static uint64_t receive_all(int s, uint64_t count)
{
	uint64_t got = 0;
	while (got < count) {
		ssize_t part = recv(s, block, sizeof block, 0);
		if (part < 0)
			fail("recv");
		if (part == 0)
			break;
		got += (uint64_t)part;
	}
	return got;
}

struct call {
	int socket;
	int port;
};

/* One connection of the server's. */
static void *answer(void *argument)
{
	struct call call = *(struct call *)argument;
	uint64_t count;
	char byte;
	free(argument);
	if (call.port == UP) {
		if (recv(call.socket, &count, sizeof count, MSG_WAITALL) == sizeof count) {
			count = receive_all(call.socket, count);
			send(call.socket, &count, sizeof count, MSG_NOSIGNAL);
		}
	} else if (call.port == DOWN) {
		if (recv(call.socket, &count, sizeof count, MSG_WAITALL) == sizeof count)
			send_all(call.socket, count);
	} else {
		while (recv(call.socket, &byte, 1, 0) == 1)
			send(call.socket, &byte, 1, MSG_NOSIGNAL);
	}
	close(call.socket);
	return NULL;
}

_Noreturn static void serve(void)
{
	struct pollfd ports[4];
	for (int at = 0; at < 4; at++) {
		struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(UP + at)) };
		int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (bind(s, (void *)&own, sizeof own) < 0 || listen(s, 4096) < 0)
			fail("listen");
		ports[at] = (struct pollfd){ .fd = s, .events = POLLIN };
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(ports, 4, -1) < 0)
			fail("poll");
		for (int at = 0; at < 4; at++) {
			pthread_t thread;
			struct call *call;
			int one = 1, s;
			if (!(ports[at].revents & POLLIN) || (s = accept(ports[at].fd, NULL, NULL)) < 0)
				continue;
			if (UP + at == CONNECT) {
				close(s);
				continue;
			}
			setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
			call = malloc(sizeof *call);
			*call = (struct call){ s, UP + at };
			if (pthread_create(&thread, NULL, answer, call))
				fail("pthread_create");
			pthread_detach(thread);
		}
	}
}

static int reach(struct sockaddr_in to, int port)
{
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((uint16_t)port);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(s, (void *)&to, sizeof to) < 0)
		fail("connect");
	return s;
}

struct work {
	struct sockaddr_in to;
	uint64_t count;
};

static void *connect_often(void *argument)
{
	struct work *work = argument;
	char byte;
	for (uint64_t at = 0; at < work->count; at++) {
		int s = reach(work->to, CONNECT);
		if (recv(s, &byte, 1, 0) < 0)
			fail("recv");
		close(s);
	}
	return NULL;
}

int main(int count, char **words)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t number, begun, got = 0;
	if (count == 2 && !strcmp(words[1], "serve"))
		serve();
	if (count != 4)
		return 2;
	number = strtoull(words[3], NULL, 10);
	if (strcmp(words[1], "name") && inet_pton(AF_INET, words[2], &to.sin_addr) != 1)
		return 2;
	begun = now();
	if (!strcmp(words[1], "up")) {
		int s = reach(to, UP);
		uint64_t bytes = number * MIB;
		send(s, &bytes, sizeof bytes, MSG_NOSIGNAL);
		send_all(s, bytes);
		if (recv(s, &got, sizeof got, MSG_WAITALL) != sizeof got || got != bytes)
			fail("not all was taken");
	} else if (!strcmp(words[1], "down")) {
		int s = reach(to, DOWN);
		uint64_t bytes = number * MIB;
		send(s, &bytes, sizeof bytes, MSG_NOSIGNAL);
		if (receive_all(s, bytes) != bytes)
			fail("not all came");
	} else if (!strcmp(words[1], "ask")) {
		int s = reach(to, ASK);
		char byte = 'x';
		for (uint64_t at = 0; at < number; at++)
			if (send(s, &byte, 1, MSG_NOSIGNAL) != 1 || recv(s, &byte, 1, 0) != 1)
				fail("ask");
	} else if (!strcmp(words[1], "connect")) {
		pthread_t threads[AT_ONCE];
		struct work work = { to, number / AT_ONCE };
		for (int at = 0; at < AT_ONCE; at++)
			if (pthread_create(&threads[at], NULL, connect_often, &work))
				fail("pthread_create");
		for (int at = 0; at < AT_ONCE; at++)
			pthread_join(threads[at], NULL);
	} else if (!strcmp(words[1], "name")) {
		for (uint64_t at = 0; at < number; at++) {
			struct addrinfo wanted = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
			if (getaddrinfo(words[2], "9004", &wanted, &found))
				fail("getaddrinfo");
			close(reach(*(struct sockaddr_in *)found->ai_addr, CONNECT));
			freeaddrinfo(found);
		}
	} else {
		return 2;
	}
	printf("%llu\n", (unsigned long long)(now() - begun));
	return 0;
}
