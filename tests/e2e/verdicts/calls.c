/* Makes system calls under a filter and says what the kernel did with each.
 *
 * Usage: verdicts FILTER MODE < CALLS. FILTER is a file of struct sock_filter, or `-` for none. A
 * line of CALLS is "way number a0 .. a5", all numbers in decimal; way is 0 for the native interface
 * and 1 for int 0x80, which takes the low 32 bits of five arguments. A line of output is one of
 *   return N    the call returned N, an error as -errno
 *   trap        a handler got SIGSYS
 *   gone        the calling thread ended, and its process did not
 *   exit N      the process ended
 *   signal N    the process died of a signal; 31 is SIGSYS
 *
 * MODE `watched`: an older filter answers every call with error PASSED. Of several filters the kernel
 * takes the strictest answer, and of two errors the newer filter's (seccomp(2)), so PASSED says that
 * FILTER lets the call through (allow, log) or to a supervisor (notify), and no call is ever carried
 * out, whatever it is. MODE `made`: each call is made, in a process of its own.
 *
 * A call is made by a thread beside the first one. Results go to shared memory: that takes no call. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* No call gives this error by itself: the kernel's own errors end below 600. */
enum { PASSED = 3999 };
enum { MOST = 65536 };
enum kind { NOTHING, STARTED, RETURNED, TRAPPED, GONE, EXITED, SIGNALLED };

struct call {
	int way;
	unsigned long number, a[6];
	volatile int kind;
	volatile long value;
};

static struct {
	volatile int next, broken;
	int count;
	struct call calls[MOST];
} *all;

static struct sock_filter program[4096];
static struct sock_fprog filter = { 0, program };
static int bare, watched;

static long make(const struct call *c)
{
	long result;
	const unsigned long *a = c->a;
	if (c->way == 1) {
		__asm__ volatile("int $0x80" : "=a"(result)
				 : "a"(c->number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
				 : "memory", "r8", "r9", "r10", "r11");
		return (int)result;
	}
	register unsigned long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(c->number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static void handle(int number)
{
	(void)number;
	all->calls[all->next].kind = TRAPPED;
	__builtin_trap();
}

static void fail(void)
{
	all->broken = 1;
	__builtin_trap();
}

static void *work(void *unused)
{
	/* It lets nothing through but the load of the filter under test, which is newer then. */
	struct sock_filter older[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 32),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(unsigned long)&filter, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | PASSED),
	};
	struct sock_fprog first = { sizeof older / sizeof *older, older };
	signal(SIGSYS, handle);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail();
	if (watched && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &first))
		fail();
	/* Nothing is tried unless the older filter is seen to answer. */
	if (watched && (syscall(SYS_getppid) != -1 || errno != PASSED))
		fail();
	if (!bare && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))
		fail();
	for (;;) {
		int at = all->next;
		if (at >= all->count)
			__builtin_trap();
		struct call *c = &all->calls[at];
		c->kind = STARTED;
		c->value = make(c);
		c->kind = RETURNED;
		all->next = at + 1;
		if (!watched)
			__builtin_trap();
	}
	return unused;
}

static void settle(int kind, long value)
{
	struct call *c = &all->calls[all->next];
	if (c->kind == STARTED) {
		c->kind = kind;
		c->value = value;
	}
	all->next++;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "nothing", "started", "return", "trap", "gone", "exit", "signal" };
	if (argc != 3)
		return 2;
	bare = !strcmp(argv[1], "-");
	watched = !strcmp(argv[2], "watched");
	if (!bare) {
		FILE *file = fopen(argv[1], "rb");
		if (!file)
			return 2;
		filter.len = (unsigned short)fread(program, sizeof *program, 4096, file);
		fclose(file);
	}
	/* Threads end by a trap, as a filter may leave them no call to do it with. */
	struct rlimit none = { 0, 0 };
	if (setrlimit(RLIMIT_CORE, &none))
		return 2;
	all = mmap(0, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return 2;
	struct call c;
	while (all->count < MOST &&
	       scanf("%d %lu %lu %lu %lu %lu %lu %lu", &c.way, &c.number, c.a, c.a + 1, c.a + 2, c.a + 3,
		     c.a + 4, c.a + 5) == 8) {
		c.kind = NOTHING;
		c.value = 0;
		all->calls[all->count++] = c;
	}
	while (all->next < all->count) {
		int before = all->next;
		pid_t child = fork();
		if (child == 0) {
			/* The first thread has no filter, and sees the other one end. */
			while (all->next < all->count) {
				pthread_t thread;
				if (pthread_create(&thread, 0, work, 0) || pthread_join(thread, 0))
					_exit(255);
				settle(GONE, 0);
			}
			_exit(0);
		}
		int status;
		if (child < 0 || waitpid(child, &status, 0) != child || all->broken)
			return 3;
		if (all->next == all->count)
			break;
		int kind = all->calls[all->next].kind;
		if (kind == STARTED || kind == TRAPPED)
			settle(WIFSIGNALED(status) ? SIGNALLED : EXITED,
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		else if (all->next == before)
			return 3;
	}
	for (int at = 0; at < all->count; at++)
		printf("%s %ld\n", words[all->calls[at].kind], all->calls[at].value);
	return 0;
}
