// SPDX-License-Identifier: Apache-2.0
/* Threads of one process that map, unmap, protect, move and discard the same memory, fault in it, fork and run
 * other programs, all at once. What each finds there depends on the others; at the end all memory must be free.
 * With PROCESSES as many processes do so beside each other, and SIGKILL ends most of them on the way.
 *
 * usage: space_races ROUNDS [PROCESSES]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meminfo.h"

enum { PAGE = 4096, PAGES = 1024, THREADS = 6, LENGTHS = 300 };
static char *arena;
static int rounds;
/* All stacks are mapped before the first thread begins, so that none is in a hole of the arena. */
static pthread_barrier_t begin;
static __thread sigjmp_buf *refused;

static void on_fault(int signal) {
  (void)signal;
  if (!refused) _exit(3);
  siglongjmp(*refused, 1);
}

static uint32_t next(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

/* Accesses pages that may not be there. */
static void touch(char *base, int count, int writes) {
  sigjmp_buf here;
  refused = &here;
  if (sigsetjmp(here, 1) == 0)
    for (int i = 0; i < count; i++) {
      volatile char *page = base + i * PAGE;
      if (writes) *page = 1; else (void)*page;
    }
  refused = 0;
}

static void run(int executes) {
  pid_t child = executes ? vfork() : fork();
  if (child == 0) {
    if (executes) execl("/init", "init", (char *)0);
    _exit(0);
  }
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a child ended with %x", status);
}

static void *race(void *number) {
  uint32_t state = (uint32_t)(uintptr_t)number * 7919 + 1;
  pthread_barrier_wait(&begin);
  for (int i = 0; i < rounds; i++) {
    int first = next(&state) % (PAGES - LENGTHS), count = 1 + next(&state) % LENGTHS;
    int to = next(&state) % (PAGES - LENGTHS), what = next(&state) % 24;
    char *base = arena + first * PAGE;
    size_t length = (size_t)count * PAGE;
    int all = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    switch (what) {
    case 0: case 1: case 2: mmap(base, length, all, private, -1, 0); break;
    case 3: mmap(base, length, all, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
    case 4: mmap(base, length, all, private | MAP_POPULATE, -1, 0); break;
    case 5: case 6: munmap(base, length); break;
    case 7: case 8: mprotect(base, length, PROT_READ); break;
    case 9: case 10: mprotect(base, length, all); break;
    case 11: mprotect(base, length, PROT_NONE); break;
    case 12: madvise(base, length, MADV_DONTNEED); break;
    case 13: mremap(base, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, arena + to * PAGE); break;
    case 14: mlock(base, length); break;
    case 15: run(0); break;
    case 16: if (i % 8 == 0) run(1); break;
    default: touch(base, count, what & 1);
    }
  }
  return 0;
}

/* Processes with threads that race, in turns killed while they do and waited for to their end. */
static void kill_some(int processes) {
  for (int i = 0; i < processes; i++) {
    pid_t child[3];
    for (int k = 0; k < 3; k++)
      if ((child[k] = fork()) == 0) {
        pthread_t threads[THREADS];
        pthread_barrier_init(&begin, 0, 3);
        for (uintptr_t n = 0; n < 3; n++) pthread_create(&threads[n], 0, race, (void *)(n + 3 * k + 9 * i + 1));
        for (int n = 0; n < 3; n++) pthread_join(threads[n], 0);
        _exit(failures ? 1 : 0);
      }
    for (int k = 0; k < 3; k++) {
      int status = -1;
      usleep(300 * (i % 7 + 5 * k));
      if (k != 2) kill(child[k], SIGKILL);
      CHECK(child[k] > 0 && waitpid(child[k], &status, 0) == child[k], "no child");
      CHECK(status == 0 || (k != 2 && status == SIGKILL), "a racing process ended with %x", status);
    }
  }
  while (waitpid(-1, 0, 0) > 0) {}  /* What they have left behind, as init. */
}

int main(int count, char **arguments) {
  if (count < 2) return 0;  /* As `run` executes it. */
  rounds = atoi(arguments[1]);
  signal(SIGSEGV, on_fault);
  arena = mmap(0, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (count > 2) {
    kill_some(2);
    long before = free_kib();
    kill_some(atoi(arguments[2]));
    CHECK(free_kib() > before - 64, "%ld KiB are free, %ld before", free_kib(), before);
    return verdict("space_races");
  }
  long before = 0;
  for (int pass = 0; pass < 2; pass++) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&begin, 0, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
      CHECK(pthread_create(&threads[i], 0, race, (void *)(i + 1)) == 0, "no thread %d", (int)i);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
    CHECK(mmap(arena, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == arena, "no arena");
    long now = free_kib();
    if (pass == 0) before = now;  /* Stacks of threads that ended stay mapped. */
    else CHECK(now > before - 64, "%ld KiB are free, %ld before", now, before);
  }
  return verdict("space_races");
}
