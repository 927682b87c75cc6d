// SPDX-License-Identifier: Apache-2.0
/* The benchmark figures that a program can measure: one line each, `name instructions`, read by
 * tools/bench.
 *
 * They are in instructions, which needs a counter unit of 16 instructions (QEMU's `-icount
 * shift=0`); with any other the program prints no figures. Linked with -Wl,-e,first_instruction, so
 * that the counter is read before libc starts. Runs unmodified on Linux, where the peers' column
 * was checked.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "vdso_symbol.h"

#define PAGE 4096

/* The program's entry: stores the counter and continues at libc's _start with r0 unchanged. */
uint64_t counter_at_entry;
__asm__(
    ".text\n.arm\n.balign 4\n.globl first_instruction\n.type first_instruction, %function\n"
    "first_instruction:\n"
    "  mrrc p15, 1, r2, r3, c14\n"
    "  ldr r1, =counter_at_entry\n"
    "  strd r2, r3, [r1]\n"
    "  ldr r1, =_start\n"
    "  bx r1\n"
    ".ltorg\n.size first_instruction, . - first_instruction\n");

static void figure(const char *name, double instructions) {
  printf("%s %.1f\n", name, instructions);
}

/* The cost of one call of a clock function. It is measured over many calls, because the counter's
 * resolution is 16 instructions. */
static void cost(const char *name, clock_call *call, int id) {
  enum { CALLS = 1024 };
  if (call)
    figure(name, (double)cost_of_calls(call, id, CALLS) * INSTRUCTIONS_PER_COUNT / CALLS);
}

/* The cost of one call of a function with two pointer arguments, measured over many calls. */
static void cost_of_pointers(const char *name, void *function, void *first, void *second) {
  enum { CALLS = 1024 };
  clock_call *call = (clock_call *)function;
  uint32_t least = UINT32_MAX, none = UINT32_MAX;
  if (!call) return;
  for (int i = 0; i < 24; i++) {
    uint32_t counts = batch(call, (int)(uintptr_t)first, second, CALLS);
    if (counts < least) least = counts;
    counts = batch(no_call, (int)(uintptr_t)first, second, CALLS);
    if (counts < none) none = counts;
  }
  figure(name, (double)(least - none) * INSTRUCTIONS_PER_COUNT / CALLS + 1);
}

/* The functions of the vDSO, each called directly; a missing function is left out. */
static void vdso_functions(clock_call *wide) {
  static uint32_t words[4];
  clock_call *narrow = (clock_call *)vdso_symbol("__vdso_clock_gettime");
  cost("fine_vdso", wide, CLOCK_MONOTONIC);
  cost("raw_vdso", wide, CLOCK_MONOTONIC_RAW);
  cost("thread_vdso", wide, CLOCK_THREAD_CPUTIME_ID);
  cost("process_vdso", wide, CLOCK_PROCESS_CPUTIME_ID);
  cost("coarse32_vdso", narrow, CLOCK_REALTIME_COARSE);
  cost("fine32_vdso", narrow, CLOCK_REALTIME);
  cost("getres_vdso", (clock_call *)vdso_symbol("__vdso_clock_getres_time64"), CLOCK_MONOTONIC);
  cost_of_pointers("gettimeofday_vdso", vdso_symbol("__vdso_gettimeofday"), words, 0);
  cost_of_pointers("time_vdso", vdso_symbol("__vdso_time"), words, 0);
  cost_of_pointers("getcpu_vdso", vdso_symbol("__vdso_getcpu"), words, words + 1);
}

/* The cost of clock_gettime64 as a system call, for the most expensive clock. */
static void clock_call_of_any(void) {
  enum { CALLS = 256 };
  static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11};
  uint32_t most = 0;
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    uint32_t counts = cost_of_calls(clock_gettime64_by_call, clocks[i], CALLS);
    if (counts > most) most = counts;
  }
  figure("clock_svc", (double)most * INSTRUCTIONS_PER_COUNT / CALLS);
}

/* The cost of a system call as osbench measures it: with libc's function and the loop around it. */
#define LIBC_CALL(name, call)                                            \
  do {                                                                   \
    enum { CALLS = 256 };                                                \
    uint64_t least = UINT64_MAX;                                         \
    for (int i = 0; i < 20; i++) {                                       \
      uint64_t begun = stamp();                                          \
      for (int n = 0; n < CALLS; n++) call;                              \
      uint64_t took = stamp() - begun;                                   \
      if (took < least) least = took;                                    \
    }                                                                    \
    figure(name, (double)least * INSTRUCTIONS_PER_COUNT / CALLS);        \
  } while (0)

/* The cost of a whole tick interrupt. A loop of known length runs over many ticks: the instructions
 * beyond its own are those of the ticks, and the coarse clock gives their number. */
static void tick(void) {
  enum { TURNS = 50000000 };
  struct timespec resolution, before, after;
  while (wait(NULL) > 0) continue;  /* Orphans of processes that were killed, whose ends would count. */
  clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
  clock_gettime(CLOCK_MONOTONIC_COARSE, &before);
  uint64_t begun = stamp();
  spin(TURNS);
  uint64_t took = stamp() - begun;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &after);
  double passed = (after.tv_sec - before.tv_sec) * 1e9 + (after.tv_nsec - before.tv_nsec);
  double beyond = (double)took * INSTRUCTIONS_PER_COUNT - 2.0 * TURNS;
  figure("tick", beyond * resolution.tv_nsec / passed);
}

/* The shortest of 20 batches of `pairs` calls of mmap and munmap of a page, in counter units. */
static uint64_t map_pairs(int pairs, int protection) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 20; i++) {
    uint64_t begun = stamp();
    for (int n = 0; n < pairs; n++)
      munmap(mmap(0, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PAGE);
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
  }
  return least;
}

/* The cost of mapping a kit without private data, in processes that have not mapped it. */
static void kit_load(void) {
  struct stat status;
  int file = open("/dev/kits/vstat", O_RDONLY);
  if (file < 0 || fstat(file, &status)) return;
  volatile uint64_t *took =
      mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 5; i++) {
    if (fork() == 0) {
      /* The first stamp has the child copy its stack. */
      volatile uint64_t begun = stamp();
      begun = stamp();
      mmap(0, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
      *took = stamp() - begun;
      _exit(0);
    }
    wait(0);
    if (*took < least) least = *took;
  }
  munmap((void *)took, PAGE);
  close(file);
  figure("kit_load", (double)least * INSTRUCTIONS_PER_COUNT);
}

/* Maps regions that cannot be merged, up to `count` in all; false if the kernel refuses one. */
static int have_regions(int count) {
  static int have;
  for (; have < count; have++)
    if (mmap(0, PAGE, have & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
             -1, 0) == MAP_FAILED)
      return 0;
  return 1;
}

/* The cost of memory operations as osbench measures it; one that the kernel refuses is left out. */
static void memory(void) {
  enum { PAIRS = 64, PAGES = 256 };
  figure("map_unmap",
         (double)map_pairs(PAIRS, PROT_READ | PROT_WRITE) * INSTRUCTIONS_PER_COUNT / PAIRS);

  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; i++) {
    char *pages = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    uint64_t begun = stamp();
    for (int n = 0; n < PAGES; n++) *(volatile char *)(pages + n * PAGE) = 1;
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
    munmap(pages, PAGES * PAGE);
  }
  figure("first_write", (double)least * INSTRUCTIONS_PER_COUNT / PAGES);

  char *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  *page = 1;
  least = UINT64_MAX;
  for (int i = 0; i < 20; i++) {
    uint64_t begun = stamp();
    for (int n = 0; n < PAIRS; n++) {
      mprotect(page, PAGE, PROT_READ);
      mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    }
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
  }
  figure("protect_twice", (double)least * INSTRUCTIONS_PER_COUNT / PAIRS);

  if (!have_regions(16)) return;
  uint64_t few = map_pairs(PAIRS, PROT_NONE);
  if (!have_regions(4096)) return;
  printf("map_growth %.2f\n", (double)map_pairs(PAIRS, PROT_NONE) / few);
}

/* The cost of process operations as osbench measures it. `self` is the path of this program, which
 * exits at once with the argument "x". */
static void processes(const char *self) {
  enum { CHILDREN = 8, PROGRAMS = 4 };
  char *const arguments[] = {(char *)self, "x", 0};
  uint64_t least = UINT64_MAX, least_program = UINT64_MAX;
  for (int i = 0; i < 8; i++) {
    uint64_t begun = stamp();
    for (int n = 0; n < CHILDREN; n++) {
      pid_t child = fork();
      if (!child) _exit(0);
      waitpid(child, 0, 0);
    }
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
    begun = stamp();
    for (int n = 0; n < PROGRAMS; n++) {
      int status = 1;
      pid_t child = vfork();
      if (!child) {
        execv(self, arguments);
        _exit(99);
      }
      waitpid(child, &status, 0);
      if (status) return;
    }
    took = stamp() - begun;
    if (took < least_program) least_program = took;
  }
  figure("fork_exit_wait", (double)least * INSTRUCTIONS_PER_COUNT / CHILDREN);
  figure("vfork_exec_exit_wait", (double)least_program * INSTRUCTIONS_PER_COUNT / PROGRAMS);
}

/* What another process does while a thread of the highest priority sleeps. Each returns after one turn. */
enum { MAPPED = 64 << 20, FORKED = 32 << 20, REGIONS = 8192, READ = 1 << 20 };
static void compute(void) { spin(1000); }
static char *touched(size_t size) {
  char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < size; i += 4096) pages[i] = 1;
  return pages;
}
static void map_and_unmap(void) { munmap(touched(MAPPED), MAPPED); }
static void fork_touched(void) {
  static char *pages;
  if (!pages) pages = touched(FORKED);
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
}
static void protect_touched(void) {
  static char *pages;
  if (!pages) pages = touched(MAPPED);
  mprotect(pages, MAPPED, PROT_READ);
  mprotect(pages, MAPPED, PROT_READ | PROT_WRITE);
}
static void unmap_regions(void) {
  char *pages = mmap(NULL, REGIONS << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < REGIONS; i += 2) mprotect(pages + (i << 12), 4096, PROT_READ);
  munmap(pages, REGIONS << 12);
}
static void read_file(void) {
  static char *buffer;
  if (!buffer) buffer = malloc(READ);
  int file = open("/init", O_RDONLY);
  while (read(file, buffer, READ) > 0) continue;
  close(file);
}
static void execute(void) {
  pid_t child = vfork();
  if (child == 0) {
    execl("/init", "/init", "x", (char *)NULL);
    _exit(9);
  }
  waitpid(child, NULL, 0);
}

/* How late a thread wakes from absolute sleeps, while another process repeats `load`, as cyclictest measures
 * it: the mean as `name`, the longest as `most`, if it has a name. The thread has the highest real-time priority,
 * or is SCHED_OTHER as the other process. An instruction takes a nanosecond. */
static void late_wake_ups(const char *name, const char *most_name, int policy, void (*load)(void)) {
  enum { PERIOD = 1003001 };
  /* SCHED_OTHER has timer slack, so its sleeps end at each phase of the tick: three rounds through the
   * phases, because a round has 16 or 17 sleeps in the slack, of which each adds 75 to its mean. */
  int sleeps = policy == SCHED_OTHER ? 999 : 200;
  pid_t other = fork();
  if (other == 0)
    for (;;) load();
  struct sched_param parameters = {.sched_priority = policy == SCHED_OTHER ? 0 : 99};
  /* By call, because musl's function only answers ENOSYS. */
  syscall(SYS_sched_setscheduler, 0, policy, &parameters);
  int64_t sum = 0, most = 0;
  struct timespec due, now;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (int i = 0; i < sleeps; i++) {
    due.tv_nsec += PERIOD;
    if (due.tv_nsec >= 1000000000) {
      due.tv_nsec -= 1000000000;
      due.tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t late = (int64_t)(now.tv_sec - due.tv_sec) * 1000000000 + now.tv_nsec - due.tv_nsec;
    sum += late;
    if (late > most) most = late;
  }
  parameters.sched_priority = 0;
  syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameters);
  kill(other, SIGKILL);
  waitpid(other, NULL, 0);
  figure(name, (double)sum / sleeps);
  if (most_name) figure(most_name, (double)most);
}

static void all_late_wake_ups(void) {
  late_wake_ups("late_wake", "late_wake_most", SCHED_FIFO, compute);
  late_wake_ups("late_fair", NULL, SCHED_OTHER, compute);
  late_wake_ups("late_map", "late_map_most", SCHED_FIFO, map_and_unmap);
  late_wake_ups("late_fork", "late_fork_most", SCHED_FIFO, fork_touched);
  late_wake_ups("late_protect", "late_protect_most", SCHED_FIFO, protect_touched);
  late_wake_ups("late_regions", "late_regions_most", SCHED_FIFO, unmap_regions);
  late_wake_ups("late_read", "late_read_most", SCHED_FIFO, read_file);
  late_wake_ups("late_exec", "late_exec_most", SCHED_FIFO, execute);
}

/* The time from FUTEX_WAKE to the first instruction of the thread that it wakes, which has a higher priority and
 * so runs at once on the same CPU. */
enum { WAKES = 256 };
static int futex_word;
static uint64_t woken_at;
static void *waits_at_futex(void *unused) {
  struct sched_param parameters = {.sched_priority = 99};
  syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters);
  for (int i = 0; i < WAKES; i++) {
    syscall(SYS_futex, &futex_word, 128 /* FUTEX_WAIT_PRIVATE */, 0, NULL);
    woken_at = stamp();
  }
  return unused;
}
static void futex_wake(void) {
  pthread_t thread;
  uint64_t sum = 0;
  if (pthread_create(&thread, NULL, waits_at_futex, NULL)) return;
  sched_yield();
  for (int i = 0; i < WAKES; i++) {
    uint64_t begun = stamp();
    int woken = syscall(SYS_futex, &futex_word, 129 /* FUTEX_WAKE_PRIVATE */, 1);
    if (woken != 1 || woken_at < begun) return;
    sum += woken_at - begun;
  }
  pthread_join(thread, NULL);
  figure("futex_wake", (double)sum * INSTRUCTIONS_PER_COUNT / WAKES);
}

/* Whether a counter unit is 16 instructions, from the time of a loop of known length. */
static int counts_instructions(void) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; i++) {
    uint64_t begun = stamp();
    spin(1024 * INSTRUCTIONS_PER_COUNT / 2);
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
  }
  return least == 1024 || least == 1025;
}

int main(int count, char **arguments) {
  if (count > 1 && arguments[1][0] == 'x') return 0;
  if (!counts_instructions()) {
    fputs("figures: the counter does not count instructions; run this under --icount\n", stderr);
    return 1;
  }
  figure("first_instruction", (double)counter_at_entry * INSTRUCTIONS_PER_COUNT);
  clock_call *vdso = (clock_call *)vdso_symbol("__vdso_clock_gettime64");
  cost("coarse_vdso", vdso, CLOCK_REALTIME_COARSE);
  cost("coarse_monotonic_vdso", vdso, CLOCK_MONOTONIC_COARSE);
  cost("coarse_libc", (clock_call *)clock_gettime, CLOCK_REALTIME_COARSE);
  cost("coarse_call", clock_gettime64_by_call, CLOCK_REALTIME_COARSE);
  vdso_functions(vdso);
  clock_call_of_any();
  LIBC_CALL("null_call", syscall(SYS_getppid));
  LIBC_CALL("sched_yield", sched_yield());
  kit_load();
  processes(arguments[0]);
  all_late_wake_ups();  /* Before there are many regions. */
  memory();
  tick();
  futex_wake();

  /* The kernel's own measurements of its page updates, for tools/bench; Linux has no such file. */
  char line[128];
  FILE *vdso_state = fopen("/proc/vdso", "r");
  while (vdso_state && fgets(line, sizeof line, vdso_state)) printf("/proc/vdso %s", line);
  return 0;
}
