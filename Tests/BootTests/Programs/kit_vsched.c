// SPDX-License-Identifier: Apache-2.0
/* Calls the kit vsched, and compares what it says with the system calls, on each CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../image/coroutines/publish.h"
#include "check.h"
#include "meminfo.h"
#include "vsched_kit.h"

/* The system calls of this process so far. */
static long calls(void) {
  const char *line = strstr(read_file("/proc/self/counters"), "system_calls ");
  return line ? atol(line + 13) : -1;
}

static void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == 0, "CPU %d: errno %d", cpu, errno);
}

static void run_as(int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  CHECK(syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0, "errno %d", errno);
}

static int priority(void) {
  struct sched_param parameter = {0};
  syscall(SYS_sched_getparam, 0, &parameter);
  return parameter.sched_priority;
}

/* The length of a slice in ticks. */
static int interval(void) {
  struct timespec slice = {0}, tick = {0};
  sched_rr_get_interval(0, &slice);
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return (int)((slice.tv_nsec + tick.tv_nsec - 1) / tick.tv_nsec);
}

static void wait_ticks(uint32_t ticks) {
  uint32_t begun = vsched_tick();
  while (vsched_tick() - begun < ticks) {}
}

static void processors(int count) {
  for (int cpu = 0; cpu < count; cpu++) {
    run_on(cpu);
    CHECK(vsched_cpu() == cpu && sched_getcpu() == cpu, "%d on CPU %d", vsched_cpu(), cpu);
  }
  run_on(0);
}

static void priorities(void) {
  for (int policy = SCHED_FIFO; policy <= SCHED_RR; policy++)
    for (int level = 1; level <= 99; level += 7) {
      run_as(policy, level);
      CHECK(vsched_priority() == priority() && vsched_rank() == 111 - level, "%d, %d: %d, rank %d",
          policy, level, vsched_priority(), vsched_rank());
      if (policy == SCHED_FIFO) CHECK(vsched_slice() == VSCHED_NO_END, "%d", vsched_slice());
    }
  CHECK(vsched_slice() > 0 && vsched_slice() <= interval(), "%d ticks", vsched_slice());
  run_as(SCHED_RR, 50); /* A new slice. */
  uint32_t begun = vsched_tick();
  int before = vsched_slice();
  wait_ticks(3);
  int after = vsched_slice(), passed = (int)(vsched_tick() - begun);
  CHECK(passed > 10 || abs(before - after - passed) <= 1, "%d, %d ticks later %d", before, passed,
      after);
  run_as(SCHED_IDLE, 0);
  CHECK(vsched_rank() == 122 && vsched_priority() == 0, "rank %d", vsched_rank());
  run_as(SCHED_OTHER, 0);
  CHECK(vsched_rank() == VSCHED_RANK_OTHER && vsched_priority() == 0, "rank %d", vsched_rank());
  CHECK(vsched_slice() >= 0 && vsched_slice() <= interval(), "%d ticks", vsched_slice());
  CHECK(vsched_deadline() == VSCHED_NO_END, "a deadline in %d ticks", vsched_deadline());
}

/* SCHED_DEADLINE: 5 ms of each 20 ms, within 10 ms. */
static void deadlines(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } wanted = {sizeof wanted, 6, 0, 0, 0, 5000000, 10000000, 20000000};
  CHECK(syscall(SYS_sched_setattr, 0, &wanted, 0) == 0, "errno %d", errno);
  CHECK(vsched_rank() == 0, "rank %d", vsched_rank());
  CHECK(vsched_slice() >= 1 && vsched_slice() <= 5, "%d ticks of runtime", vsched_slice());
  CHECK(vsched_deadline() >= 1 && vsched_deadline() <= 10, "in %d ticks", vsched_deadline());
  run_as(SCHED_OTHER, 0);
}

static void time_passes(void) {
  uint32_t before = vsched_tick();
  struct timespec tick, pause = {.tv_nsec = 20000000};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  uint32_t ticks = (uint32_t)(pause.tv_nsec / tick.tv_nsec);
  nanosleep(&pause, NULL);
  uint32_t passed = vsched_tick() - before;
  CHECK(passed >= ticks - 1 && passed < 100 * ticks, "%u ticks, not %u", passed, ticks);
}

/* What `count` calls of vsched_yield_if_needed cost in system calls, beyond those of counting. */
static long yields(int count, int expected) {
  long none = calls(), begun = calls();
  for (int i = 0; i < count; i++)
    CHECK(vsched_yield_if_needed() == expected, "call %d of %d", i, count);
  return calls() - begun - (begun - none);
}

/* A child of SCHED_FIFO on this CPU, which is ready as long as the parent runs: it yields each time
 * that it runs. */
static pid_t peer(int level) {
  pid_t child = fork();
  if (child == 0) {
    run_as(SCHED_FIFO, level);
    for (;;) sched_yield();
  }
  return child;
}

static void end(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void yielding(void) {
  run_as(SCHED_FIFO, 50);
  CHECK(vsched_first_rank() > 61, "rank %d waits", vsched_first_rank());
  CHECK(yields(1000, 0) == 0, "calls, and no task waits");

  /* A child begins as its parent is: it is ready until the parent waits. */
  pid_t equal = peer(50);
  CHECK(vsched_is_ready(61) == 1 && vsched_first_rank() == 61, "rank %d waits, not 61",
      vsched_first_rank());
  CHECK(yields(10, 1) == 10, "not one call each, and an equal task waits");
  end(equal);
  CHECK(vsched_is_ready(61) == 0, "rank 61 is ready");

  pid_t lesser = peer(40);
  CHECK(yields(1, 1) == 1, "the child is as urgent until it runs");
  CHECK(vsched_is_ready(71) == 1 && vsched_first_rank() == 71, "rank %d waits, not 71",
      vsched_first_rank());
  CHECK(yields(1000, 0) == 0, "calls, and a less urgent task waits");
  end(lesser);
  run_as(SCHED_OTHER, 0);
}

static int cpus;

/* What the threads that wait for their parent tell it. */
struct turns {
  volatile uint32_t begin; /* a futex */
  volatile uint32_t waiting, place, places[2];
};
static struct turns *turns;

/* A child that publishes a priority, waits, and notes in which place it runs on. */
static pid_t waiter(int number, uint32_t published) {
  pid_t child = fork();
  if (child == 0) {
    run_on(0);
    run_as(SCHED_OTHER, 0);
    while (!coroutine_publish(published)) {}
    turns->waiting++;
    syscall(SYS_futex, &turns->begin, 0, 0, NULL);
    turns->places[number] = ++turns->place;
    _exit(0);
  }
  return child;
}

/* Which of two children goes on first, if one call wakes both. */
static int first_of(uint32_t one, uint32_t other) {
  int status[2] = {-1, -1};
  *turns = (struct turns){0};
  pid_t children[2] = {waiter(0, one), 0};
  while (turns->waiting < 1) usleep(1000);
  children[1] = waiter(1, other);
  while (turns->waiting < 2) usleep(1000);
  usleep(5000);
  turns->begin = 1;
  CHECK(syscall(SYS_futex, &turns->begin, 1, 2) == 2, "two that wait");
  for (int i = 0; i < 2; i++) waitpid(children[i], &status[i], 0);
  CHECK(status[0] == 0 && status[1] == 0, "status %x, %x", status[0], status[1]);
  return turns->places[0] < turns->places[1] ? 0 : 1;
}

/* Whether `number` goes first. One of the two may have used up a unit of its share, and is not equal
 * then, but not four times. */
static int goes_first(int number, uint32_t one, uint32_t other) {
  int tries = 1;
  while (first_of(one, other) != number && tries < 4) tries++;
  return tries < 4;
}

/* Of two equal processes, that with the more urgent published priority goes first. */
static void publications(void) {
  turns = mmap(0, sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  run_on(0);
  run_as(SCHED_FIFO, 90);
  CHECK(goes_first(0, 3, 9) && goes_first(1, 9, 3), "not in the order that they published");
  CHECK(goes_first(0, 0, 31) && goes_first(1, 31, 0), "not in the order that they published");
  /* Without two values that differ, the one that was woken last goes first. */
  if (cpus == 1)
    CHECK(goes_first(1, 5, 5) && goes_first(1, 0, VSCHED_PRIORITIES) &&
              goes_first(1, VSCHED_PRIORITIES, 5) && goes_first(1, 5, 200),
        "equals, or one that publishes what is no priority, are not in the usual order");
  run_as(SCHED_OTHER, 0);
}

/* The address of the page that the kernel writes. */
static char *kernel_page(void) {
  for (char *line = read_file("/proc/self/maps"); line; line = strchr(line, '\n')) {
    line += *line == '\n';
    unsigned start;
    char rights[5];
    if (sscanf(line, "%x-%*x %4s", &start, rights) == 2 && !strncmp(rights, "r--", 3)) {
      char *end = strchr(line, '\n'), *name = strstr(line, "[kit:vsched]");
      if (name && end && name < end) return (char *)(uintptr_t)start;
    }
  }
  return NULL;
}

static void rights(void) {
  char *page = kernel_page();
  CHECK(page != NULL, "no page");
  for (int place = 0; page && place < 4096; place += 1024) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
      *(volatile uint32_t *)(page + place) = 1;
      _exit(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a store: status %x", status);
  }
}

/* Moves from CPU to CPU, and asks for its own priority, which no other thread has. */
static void *wander(void *number) {
  int level = 10 + (int)(intptr_t)number;
  long wrong = 0, busy = 0;
  run_as(SCHED_RR, level);
  for (int move = 0; move < 50; move++) {
    run_on((move + level) % cpus);
    for (int i = 0; i < 200; i++) {
      int told = vsched_priority();
      busy += told < 0;
      wrong += told >= 0 && told != level;
    }
    if (move % 4 == 0) usleep(1000);
  }
  /* One that is moved twice during a call is not told. */
  return (void *)(wrong ? wrong : busy > 10 ? -busy : 0);
}

static void threads(void) {
  pthread_t thread[6];
  run_as(SCHED_FIFO, 90);
  for (intptr_t i = 0; i < 6; i++)
    CHECK(pthread_create(&thread[i], NULL, wander, (void *)i) == 0, "thread %d", (int)i);
  run_as(SCHED_OTHER, 0);
  for (int i = 0; i < 6; i++) {
    void *result = NULL;
    pthread_join(thread[i], &result);
    CHECK(!result, "thread %d was told wrong %ld times", i, (long)(intptr_t)result);
  }
}

int main(void) {
  char text[160];
  CHECK(vsched_cpu() == -KIT_NOT_BOUND && vsched_tick() == 0, "calls before binding");
  CHECK(vsched_yield_if_needed() == -KIT_NOT_BOUND, "a call before binding");
  enum kit_error error = vsched_kit_bind();
  vsched_kit_explain(error, text, sizeof text);
  CHECK(error == KIT_NO_ERROR, "%s", text);
  if (failures) return verdict("vsched");
  cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
  CHECK(vsched_cpu() == sched_getcpu(), "CPU %d", vsched_cpu());
  processors(cpus);
  priorities();
  deadlines();
  time_passes();
  yielding();
  publications();
  rights();
  threads();
  return verdict("vsched");
}
