# C with threads, optimised and linked, through make.
set -e
cat >threads.c <<'END'
#include <pthread.h>
#include <stdio.h>
static void *run(void *n) { return n; }
int main(void) { pthread_t t; void *r; pthread_create(&t, 0, run, "done"); pthread_join(t, &r); return puts(r) < 0; }
END
printf 'threads: threads.c\n\tcc -O2 -pthread -o $@ $<\n' >Makefile
make --silent && ./threads
