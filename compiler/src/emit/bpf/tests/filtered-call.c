/* Makes calls one by one, each in a child of its own under a filter, and prints how each ended.
 *
 * Usage: filtered-call PROGRAM < CALLS. PROGRAM is a file of struct sock_filter; `-` is no filter,
 * and the calls are then made as user 65534. A line of CALLS is "way number a0 .. a5", where way
 * is 0 for the native interface, 1 for int 0x80, and 2 for the native one in a second thread. A
 * line of output is "errno N", "signal N", "handled N" if a handler got SIGSYS, or "gone N" if the
 * second thread ended without the process. The filter must let exit_group through. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter program[4096];

static long make(int interface, unsigned long number, const unsigned long *a)
{
#if defined(__x86_64__)
	if (interface == 1) {
		long result;
		__asm__ volatile("int $0x80" : "=a"(result)
				 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2])
				 : "memory", "r8", "r9", "r10", "r11");
		errno = result < 0 ? (int)-result : 0;
		return result < 0 ? -1 : 0;
	}
#endif
	(void)interface;
	return syscall((long)number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* No error has these numbers. */
enum { GONE = 252, HANDLED = 253 };

static struct sock_fprog filter = { 0, program };
static int bare, way;
static unsigned long number, a[6];

static void handle(int signal)
{
	(void)signal;
	syscall(SYS_exit_group, HANDLED);
}

static void *filtered(void *unused)
{
	signal(SIGSYS, handle);
	if (!bare && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0)))
		_exit(255);
	errno = 0;
	syscall(SYS_exit_group, make(way, number, a) == -1 ? errno : 0);
	return unused;
}

int main(int argc, char **argv)
{
	bare = argc < 2 || !strcmp(argv[1], "-");
	if (!bare) {
		FILE *file = fopen(argv[1], "rb");
		if (!file)
			return 2;
		filter.len = (unsigned short)fread(program, sizeof *program, 4096, file);
		fclose(file);
	}
	while (scanf("%d %lu %lu %lu %lu %lu %lu %lu", &way, &number, a, a + 1, a + 2, a + 3,
		     a + 4, a + 5) == 8) {
		pid_t child = fork();
		if (child == 0) {
			if (bare && (setgid(65534) || setuid(65534)) && getuid() == 0)
				_exit(254);
			pthread_t thread;
			if (way != 2)
				filtered(0);
			if (pthread_create(&thread, 0, filtered, 0) || pthread_join(thread, 0))
				_exit(255);
			_exit(GONE);
		}
		int status;
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 3;
		if (WIFSIGNALED(status))
			printf("signal %d\n", WTERMSIG(status));
		else
			printf("%s %d\n",
			       WEXITSTATUS(status) == GONE ? "gone" :
			       WEXITSTATUS(status) == HANDLED ? "handled" : "errno",
			       WEXITSTATUS(status));
		fflush(stdout);
	}
	return 0;
}
