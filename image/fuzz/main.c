// SPDX-License-Identifier: Apache-2.0
/* The kernel's fuzzer: runs batches of calls in separate processes, and checks between them that
 * the machine's invariants hold. It is booted as init: init SEED FIRST LAST CALLS.
 *
 * A batch's calls follow from the seed and its number. The number is printed before the batch
 * begins, so a panic can be attributed. Status 0 and a line with the counts, or 1 and "finding: …"
 * if an invariant is violated.
 */
#include "fuzz.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MS = 400, END_MS = 20000, WARM_UP = 3, SETTLE_MS = 1000, SETTLED_MS = 20, MOST_CALLS = 1000000 };

static void sleep_ms(uint32_t ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, 0);
}

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000ull + time.tv_nsec / 1000000;
}

/* Waits for a batch; whether it ended by itself, in time. */
static int wait_for(pid_t batch) {
  for (uint64_t end = now_ms() + BATCH_MS; now_ms() < end; sleep_ms(1))
    if (waitpid(batch, 0, WNOHANG) == batch) return 1;
  return 0;
}

/* Kills all remaining processes and reaps them; false if they do not end. */
static int end_all(void) {
  for (uint64_t end = now_ms() + END_MS; now_ms() < end; sleep_ms(1)) {
    kill(-1, SIGKILL);
    pid_t child;
    while ((child = waitpid(-1, 0, WNOHANG)) > 0) {}
    if (child < 0 && errno == ECHILD) return 1;
  }
  return 0;
}

/* Free memory, as soon as it is `expected`, or, if that is -1, when it has not changed for 20 ms. A
 * task that has ended keeps its kernel stack until its CPU has switched it out, which may be after its
 * parent has waited for it. */
static long settled_memory(long expected) {
  long now = free_memory(), last;
  int same = 0;
  for (int i = 0; i < SETTLE_MS && now != expected && (expected >= 0 || same < SETTLED_MS); i++) {
    sleep_ms(1);
    last = now;
    now = free_memory();
    same = now == last ? same + 1 : 0;
  }
  return now;
}

static int report(uint32_t seed, uint32_t batch, const char *what) {
  printf("finding: seed %u batch %u: %s\n", seed, batch, what);
  return 1;
}

int main(int count, char **words) {
  if (getpid() != 1 || count < 5) return 0; /* started by a batch's exec */
  uint32_t seed = atoi(words[1]), first = atoi(words[2]), last = atoi(words[3]), calls = atoi(words[4]);
  setvbuf(stdout, NULL, _IONBF, 0);
  find_pages();
  remember_machine();
  touch_own_file();
  remember_tree();
  shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  uint64_t made = 0;
  uint32_t whole = 0;
  long before = -1;
  for (uint32_t batch = first; batch <= last; batch++) {
    printf("seed %u batch %u\n", seed, batch);
    memset(shared, 0, sizeof *shared);
    pid_t child = fork();
    if (child < 0) return report(seed, batch, "fork failed");
    if (child == 0) {
      while (!*(volatile uint32_t *)&shared->go) sched_yield();
      run_batch(seed, batch, calls);
    }
    touch_own_pages();
    shared->go = 1;
    whole += wait_for(child);
    if (!end_all()) return report(seed, batch, "processes that SIGKILL does not end");
    clean_tree();
    /* A call of the batch may have stored something else in the counter. */
    if (shared->calls <= MOST_CALLS) made += shared->calls;
    if (shared->finding == FINDING_TIME_BACK) {
      printf("  pair %u: %08x%08x, %08x\n", shared->detail[0], shared->detail[1], shared->detail[2],
             shared->detail[3]);
      return report(seed, batch, "time went back");
    }
    const char *wrong = check_machine();
    if (wrong) return report(seed, batch, wrong);
    long now = settled_memory(batch - first < WARM_UP ? -1 : before);
    if (batch - first < WARM_UP) before = now;
    if (now != before) {
      printf("  %ld KiB free, %ld before\n", now, before);
      return report(seed, batch, "memory was lost");
    }
  }
  printf("fuzz: seed %u, %u batches, %u ended by themselves, %llu calls\n", seed, last - first + 1, whole,
         (unsigned long long)made);
  return 0;
}
