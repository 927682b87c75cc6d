// SPDX-License-Identifier: Apache-2.0
/* The answers of the vDSO from the per-process page: the CPU clocks, which never go back while the vDSO and the
 * system call are read in turn, stop in a sleep, and need no system call; getcpu and time with and without
 * buffers, like the system calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"
#include "meminfo.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
enum { GETTIME = 263, GETTIME64 = 403, GETCPU = 345, READS = 20000 };
typedef int clock_call(int id, void *time);
typedef int cpu_call(void *cpu, void *node, void *cache);
typedef int32_t time_call(void *time);

static clock_call *wide, *narrow;

static int64_t flat(struct time64 t) { return t.seconds * 1000000000 + t.nanoseconds; }

static void alternating(int id) {
  struct time64 last = {0, 0}, now;
  for (int i = 0; i < READS; i++) {
    if (i % 3 == 1) {
      CHECK(syscall(GETTIME64, id, &now) == 0, "clock %d: no system call", id);
    } else if (i % 3 == 2) {
      struct time32 small;
      narrow(id, &small);
      now = (struct time64){small.seconds, small.nanoseconds};
    } else {
      wide(id, &now);
    }
    CHECK(flat(now) >= flat(last), "clock %d, read %d: back from %lld to %lld", id, i,
          (long long)flat(last), (long long)flat(now));
    last = now;
  }
}

static void without_a_call(void) {
  struct time64 t;
  struct time32 s;
  wide(3, &t); /* pages of [vvar] come */
  long before = counter("system_calls ");
  for (int i = 0; i < 1000; i++) wide(2, &t), wide(3, &t), narrow(2, &s), narrow(3, &s);
  long after = counter("system_calls ");
  CHECK(before < 0 || after - before < 10, "%ld system calls", after - before);
}

/* Under -icount. Otherwise a host without time for the machine delays a call in the middle, and a process cannot
 * distinguish that from its own time. */
static int is_exact;

/* The clock advances while the process runs, and not in a sleep. */
static void only_while_it_runs(void) {
  struct time64 start, slept, ran, a, b, first, last;
  struct timespec span = {0, 30000000};
  wide(3, &start);
  nanosleep(&span, 0);
  wide(1, &first);
  wide(3, &slept);
  CHECK(!is_exact || flat(slept) - flat(start) < 10000000, "a sleep of 30 ms counts %lld ns",
        (long long)(flat(slept) - flat(start)));
  wide(1, &a);
  do wide(1, &b);
  while (flat(b) - flat(a) < 20000000);
  wide(3, &ran);
  wide(1, &last);
  CHECK(flat(ran) - flat(slept) >= 10000000, "20 ms of work count %lld ns",
        (long long)(flat(ran) - flat(slept)));
  /* Whatever the host does in between: the one pair is read within the other. */
  CHECK(flat(ran) - flat(slept) <= flat(last) - flat(first), "more than the time that passed");
}

/* More than a second without a switch: one system call, and then none. */
static void after_a_second(void) {
  struct time64 a, b, t;
  wide(1, &a);
  do wide(1, &b);
  while (flat(b) - flat(a) < 1200000000);
  wide(3, &t);
  long before = counter("vdso_fallbacks ");
  for (int i = 0; i < 1000; i++) wide(3, &t), wide(2, &t);
  long after = counter("vdso_fallbacks ");
  CHECK(before < 0 || before == after, "%ld fallbacks", after - before);
}

static void processor(cpu_call *getcpu) {
  unsigned cpu = 77, node = 77, by_call = 99;
  CHECK(getcpu(&cpu, &node, 0) == 0 && node == 0, "getcpu: node %u", node);
  CHECK(syscall(GETCPU, &by_call, 0, 0) == 0 && by_call == cpu, "getcpu: %u, not %u", cpu, by_call);
  cpu = node = 77;
  CHECK(getcpu(0, &node, 0) == 0 && node == 0, "getcpu without a buffer for the CPU");
  CHECK(getcpu(&cpu, 0, &node) == 0 && cpu == by_call, "getcpu without a buffer for the node");
  CHECK(getcpu(0, 0, 0) == 0, "getcpu without places");
  long before = counter("system_calls ");
  for (int i = 0; i < 1000; i++) getcpu(&cpu, &node, 0);
  long after = counter("system_calls ");
  CHECK(before < 0 || after - before < 10, "%ld system calls", after - before);
}

static void seconds(time_call *time) {
  int32_t stored = -1, given = time(&stored), alone = time(0);
  struct time64 now;
  wide(5, &now);
  CHECK(stored == given && alone >= given && now.seconds >= alone, "time: %d, %d, %d", (int)given,
        (int)stored, (int)alone);
}

/* The page's data about its process, by the layout of Sources/VdsoPage. */
static void identity(void) {
  const uint32_t *own = (const uint32_t *)(getauxval(AT_SYSINFO_EHDR) - 8192);
  CHECK(own[0] == 0x53555041, "magic %x", (unsigned)own[0]);
  CHECK((int)own[4] == getpid(), "process %u", (unsigned)own[4]);
  CHECK((int)own[5] == syscall(SYS_gettid), "thread %u", (unsigned)own[5]);
  CHECK(own[6] == getuid(), "user %u", (unsigned)own[6]);
  for (int i = 8; i < 64; i++) CHECK(own[i] == 0, "word %d is %x", i, (unsigned)own[i]);
  for (int i = 0x500 / 4; i < 1024; i++) CHECK(own[i] == 0, "word %d is %x", i, (unsigned)own[i]);
}

/* A child has a page of its own, and its time begins at nothing; the parent's page stays. */
static void child(void) {
  struct time64 t;
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) {
    wide(3, &t);
    CHECK(!is_exact || flat(t) < 100000000, "a child begins with %lld ns", (long long)flat(t));
    alternating(3);
    if (counter("system_calls ") >= 0) identity();
    _exit(failures != 0);
  }
  CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the child ends with %x", status);
  alternating(3);
  if (counter("system_calls ") >= 0) identity(), without_a_call();
}

/* After a vfork as well; meanwhile the kernel answers. */
static void borrower(void) {
  struct time64 t;
  int status = -1;
  pid_t pid = vfork();
  if (pid == 0) _exit(wide(3, &t) != 0);
  CHECK(waitpid(pid, &status, 0) == pid && status == 0, "vfork's child ends with %x", status);
  if (counter("system_calls ") >= 0) identity(), without_a_call();
}

static void *second(void *unused) {
  alternating(3);
  return unused;
}

/* With two threads the kernel answers, and no clock goes back. */
static void threads(void) {
  pthread_t thread;
  struct time64 before, after;
  wide(2, &before);
  CHECK(pthread_create(&thread, 0, second, 0) == 0, "no thread");
  alternating(3);
  pthread_join(thread, 0);
  syscall(GETTIME64, 3, &before);
  wide(3, &after);
  CHECK(flat(after) >= flat(before), "back from %lld to %lld", (long long)flat(before),
        (long long)flat(after));
}

int main(int argc, char **argv) {
  wide = (clock_call *)vdso_symbol("__vdso_clock_gettime64");
  narrow = (clock_call *)vdso_symbol("__vdso_clock_gettime");
  cpu_call *getcpu = (cpu_call *)vdso_symbol("__vdso_getcpu");
  time_call *time = (time_call *)vdso_symbol("__vdso_time");
  is_exact = argc > 1;
  CHECK(wide && narrow, "no clocks in the vDSO");
  if (!wide || !narrow) return verdict("vdso_process_page");
  alternating(2);
  alternating(3);
  only_while_it_runs();
  if (counter("system_calls ") >= 0) { /* Linux answers none of these in its vDSO. */
    CHECK(getcpu && time, "no getcpu or time in the vDSO");
    without_a_call();
    if (!is_exact) after_a_second(); /* too slow under -icount */
    if (getcpu) processor(getcpu);
    if (time) seconds(time);
    identity();
  }
  child();
  borrower();
  threads();
  return verdict("vdso_process_page");
}
