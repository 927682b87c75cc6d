// SPDX-License-Identifier: Apache-2.0
/* Threads and processes on all CPUs at the same time: affinity, waiting, translations, time and memory. Runs
 * with one CPU as well; passes on Linux 6.1 as root. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static int cpus;
static atomic_int stop, bad;

/* The limit for an event that comes soon, however little time the host has for the machine. */
#define LONG_ENOUGH 20000000000

static int go_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set);
}

static void go_anywhere(void) {
  cpu_set_t set;
  memset(&set, 0xff, sizeof set);
  sched_setaffinity(0, sizeof set, &set);
}

static int64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  if (t.tv_nsec < 0 || t.tv_nsec >= 1000000000) bad++;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long free_memory(void) {
  struct sysinfo info;
  sysinfo(&info);
  return info.freeram;
}

static void start(pthread_t *threads, int count, void *(*body)(void *)) {
  for (long i = 0; i < count; i++)
    CHECK(!pthread_create(&threads[i], 0, body, (void *)i), "create %ld", i);
}

static void join(pthread_t *threads, int count) {
  for (int i = 0; i < count; i++) pthread_join(threads[i], 0);
}

/* Affinity: valid masks, and that a change applies at once, in the vDSO's getcpu as well. */
static void *follow(void *argument) {
  for (int i = 0; i < 30; i++) {
    int cpu = ((int)(long)argument + i) % cpus;
    if (go_to(cpu) || sched_getcpu() != cpu) bad++;
    sched_yield();
    if (sched_getcpu() != cpu) bad++;
  }
  return 0;
}

static void places(void) {
  cpu_set_t set;
  pthread_t threads[8];
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) == cpus, "%ld on line", sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(!go_to(cpus - 1) && !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) == 1 &&
            CPU_ISSET(cpus - 1, &set),
        "the last one alone");
  int status;
  pid_t child = fork();
  if (child == 0) {
    sched_getaffinity(0, sizeof set, &set);
    if (CPU_COUNT(&set) != 1 || sched_getcpu() != cpus - 1) _exit(1);
    follow(0); /* It has one thread. */
    _exit(bad != 0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0, "a child's places: %x", status);
  CPU_ZERO(&set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == -1 && errno == EINVAL, "no CPU: %d", errno);
  CPU_SET(cpus, &set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == -1 && errno == EINVAL, "none that runs: %d", errno);
  go_anywhere();
  CHECK(!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) == cpus, "all again");
  start(threads, 8, follow);
  join(threads, 8);
  CHECK(bad == 0, "%d times on another CPU", bad);
}

/* /proc/interrupts: the number in column `cpu` of the line that ends with `name`; -1 for none. */
static long interrupts(const char *name, int cpu) {
  char line[256], *place = line;
  long value = -1;
  FILE *file = fopen("/proc/interrupts", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (!strstr(line, name) || !(place = strchr(line, ':'))) continue;
    place++;
    for (int i = 0; i <= cpu; i++) {
      char *behind;
      value = strtol(place, &behind, 10);
      if (behind == place) value = -1;
      place = behind;
    }
  }
  if (file) fclose(file);
  return value;
}

/* The CPUs in /proc: all of them, each with its own ticks while it runs. */
static void told_of(void) {
  char line[256];
  int found = 0;
  FILE *file = fopen("/proc/cpuinfo", "r");
  while (file && fgets(line, sizeof line, file)) found += !strncmp(line, "processor\t:", 11);
  if (file) fclose(file);
  CHECK(found == cpus, "/proc/cpuinfo has %d", found);
  for (int cpu = 0; cpu < cpus; cpu++) {
    go_to(cpu);
    long before = interrupts("arch_timer", cpu);
    int64_t end = now(CLOCK_MONOTONIC) + LONG_ENOUGH;
    while (interrupts("arch_timer", cpu) <= before && now(CLOCK_MONOTONIC) < end) continue;
    CHECK(before >= 0 && interrupts("arch_timer", cpu) > before, "ticks of CPU %d", cpu);
  }
  CHECK(cpus == 1 || interrupts("Rescheduling", cpus - 1) > 0, "no reschedule IPI");
  CHECK(interrupts("arch_timer", cpus) == -1, "a column too many");
}

/* As many threads as CPUs that only compute: each CPU has one soon. */
static atomic_int seen;
static void *compute(void *unused) {
  int64_t end = now(CLOCK_MONOTONIC) + LONG_ENOUGH;
  while (seen != (1 << cpus) - 1 && now(CLOCK_MONOTONIC) < end)
    atomic_fetch_or(&seen, 1 << sched_getcpu());
  return 0;
}

static void spread(void) {
  pthread_t threads[8];
  start(threads, cpus, compute);
  join(threads, cpus);
  CHECK(seen == (1 << cpus) - 1, "CPUs %x of %d were used", seen, cpus);
}

/* Two threads on two CPUs wake each other by turns. */
static atomic_int ball;
static void *play(void *argument) {
  int me = (int)(long)argument;
  go_to(me % cpus);
  for (int i = 0; i < 150; i++) {
    while (ball % 2 != me) syscall(SYS_futex, &ball, 0, ball / 2 * 2 + !me, 0);
    ball++;
    syscall(SYS_futex, &ball, 1, 1);
  }
  return 0;
}

static void ping_pong(void) {
  pthread_t threads[2];
  start(threads, 2, play);
  join(threads, 2);
  CHECK(ball == 300, "ball %d", ball);
}

/* Contended locks and conditions of libc. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int sum, turn;
static void *contend(void *argument) {
  for (int i = 0; i < 300; i++) {
    pthread_mutex_lock(&mutex);
    sum++;
    pthread_mutex_unlock(&mutex);
  }
  for (int i = 0; i < 30; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % 4 != (long)argument) pthread_cond_wait(&changed, &mutex);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void locks(void) {
  pthread_t threads[4];
  start(threads, 4, contend);
  join(threads, 4);
  CHECK(sum == 1200 && turn == 120, "sum %d, turn %d", sum, turn);
}

/* Processes come and go from all CPUs at the same time. */
static void *storm(void *argument) {
  go_to((int)(long)argument % cpus);
  for (int i = 0; i < 20; i++) {
    int status = 0;
    pid_t child = i % 3 ? fork() : vfork();
    if (child == 0) _exit(i + 1);
    if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i + 1) bad++;
  }
  return 0;
}

static void *spin(void *unused) {
  while (!stop) sched_getcpu();
  return 0;
}

/* Ends a process whose threads run everywhere. */
static void end_with_threads(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    pthread_t threads[8];
    for (long i = 0; i < cpus; i++) pthread_create(&threads[i], 0, spin, 0);
    usleep(2000);
    _exit(7);
  }
  if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7) bad++;
}

static void storms(void) {
  pthread_t threads[8];
  long before = 0;
  for (int round = 0; round < 2; round++) {
    before = free_memory(); /* The first round allocates memory of libc that stays allocated. */
    start(threads, 4, storm);
    join(threads, 4);
    end_with_threads();
  }
  CHECK(bad == 0, "%d children went astray", bad);
  CHECK(free_memory() == before, "%ld bytes are missing", before - free_memory());
}

/* One thread maps a new page at an address again and again; the others must never see an older page than the
 * last one announced. */
static volatile uint32_t *window;
static atomic_uint begun, told;
static atomic_long looks;
static void *look(void *argument) {
  go_to((int)(long)argument % cpus);
  while (!stop) {
    uint32_t least = told, value = *window, most = begun;
    if (value ? value < least || value > most : most <= least) bad++;
    looks++;
  }
  return 0;
}

static void shoot_down(void) {
  pthread_t threads[8];
  *window = begun = told = 1;
  stop = 0;
  start(threads, cpus, look);
  /* If the host has fewer CPUs, a round waits until all readers have run. */
  uint32_t rounds = cpus > 2 ? 2400 / (cpus * cpus) : 300;
  for (uint32_t round = 2; round < rounds; round++) {
    begun = round;
    void *again = mmap((void *)window, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (again != window) bad++;
    /* The old page is allocated elsewhere, so that a stale reader finds another number. */
    uint32_t *others = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *others = 0xffffffff;
    *window = round;
    told = round;
    munmap(others, 4096);
    if (round % 8 == 0) sched_yield();
  }
  /* A busy host may not have let the others look yet. */
  int64_t end = now(CLOCK_MONOTONIC) + LONG_ENOUGH;
  while (looks <= 100 && now(CLOCK_MONOTONIC) < end) sched_yield();
  stop = 1;
  join(threads, cpus);
  CHECK(bad == 0 && looks > 100, "%d of %ld looks saw an old page", bad, looks);
}

/* A page that is taken away from a thread which reads it on another CPU. */
static void *read_on(void *unused) {
  go_to(cpus - 1);
  for (;;) (void)*window;
}

static void take_away(void) {
  for (int kind = 0; kind < 2; kind++) {
    int status;
    pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      signal(SIGSEGV, SIG_DFL);
      pthread_create(&thread, 0, read_on, 0);
      usleep(2000);
      if (kind) munmap((void *)window, 4096);
      else mprotect((void *)window, 4096, PROT_NONE);
      sleep(20);
      _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
          "kind %d: %x", kind, status);
  }
}

/* The memory of a child must not change when its parent's threads write. */
static void *write_on(void *unused) {
  go_to(cpus - 1);
  while (!stop) ++*window;
  return 0;
}

static void copies(void) {
  pthread_t thread;
  stop = 0;
  pthread_create(&thread, 0, write_on, 0);
  for (int i = 0; i < 10; i++) {
    int status;
    pid_t child = fork();
    if (child == 0) {
      uint32_t first = *window;
      int64_t end = now(CLOCK_MONOTONIC) + 1000000;
      while (now(CLOCK_MONOTONIC) < end) {
        if (*window != first) _exit(1);
      }
      _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0, "the copy changed: %x", status);
  }
  stop = 1;
  pthread_join(thread, 0);
}

/* Time on all CPUs: through shared memory no CPU sees a clock that another CPU has seen later. Meanwhile
 * REALTIME is stepped between two times: each read is at or after one of them, by no more than the time since
 * the step. Seconds of one with nanoseconds of the other are half a second off. */
static const struct timespec steps[] = {{1000000000, 100000000}, {1500000000, 600000000}};
static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
                                   CLOCK_BOOTTIME};
static _Atomic int64_t latest[4];
static atomic_long reads;
static atomic_int torn, backwards;
/* When the step before the last began, 0 before the second step: a later read returns this step or a later one. */
static _Atomic int64_t older, newest;
static int64_t longest_step;

static int is_of_a_step(struct timespec time, int64_t since_step) {
  for (int i = 0; i < 2; i++) {
    int64_t after = (int64_t)(time.tv_sec - steps[i].tv_sec) * 1000000000 + time.tv_nsec - steps[i].tv_nsec;
    if (after >= 0 && after <= since_step) return 1;
  }
  return 0;
}

static void *tell(void *argument) {
  go_to((int)(long)argument % cpus);
  for (long i = 0; !stop; i++) {
    int which = i % 4;
    int64_t before = latest[which], time;
    if (i % 16 == 15) {
      struct { int64_t seconds, nanoseconds; } t;
      syscall(403, clocks[which], &t);
      time = t.seconds * 1000000000 + t.nanoseconds;
    } else {
      time = now(clocks[which]);
    }
    if (time < before) backwards++;
    while (before < time && !atomic_compare_exchange_weak(&latest[which], &before, time)) continue;
    struct timespec t;
    int64_t since = older;
    clock_gettime(i % 2 ? CLOCK_REALTIME : CLOCK_REALTIME_COARSE, &t);
    if (!since) continue;
    if (!is_of_a_step(t, now(CLOCK_MONOTONIC) - since)) torn++;
    reads++;
  }
  return 0;
}

/* Long enough for reads, and for ticks on each CPU. */
static int have_all_ticked(const long *before) {
  for (int cpu = 0; cpu < cpus; cpu++)
    if (interrupts("arch_timer", cpu) < before[cpu] + 10) return 0;
  return reads > 1000;
}

static void time_everywhere(void) {
  pthread_t threads[8];
  struct timespec saved;
  long ticks[8];
  for (int cpu = 0; cpu < cpus; cpu++) ticks[cpu] = interrupts("arch_timer", cpu);
  clock_gettime(CLOCK_REALTIME, &saved);
  clock_settime(CLOCK_REALTIME, &steps[0]);
  stop = 0;
  start(threads, cpus, tell);
  int64_t limit = now(CLOCK_MONOTONIC) + LONG_ENOUGH, end;
  do {
    end = now(CLOCK_MONOTONIC) + 250000000;
    for (int i = 0; now(CLOCK_MONOTONIC) < end; i++) {
      older = newest;
      newest = now(CLOCK_MONOTONIC);
      clock_settime(CLOCK_REALTIME, &steps[(i + 1) % 2]);
      if (i % 8 == 0) usleep(1500);
      int64_t length = now(CLOCK_MONOTONIC) - newest;
      if (length > longest_step) longest_step = length;
    }
  } while (!have_all_ticked(ticks) && end < limit);
  stop = 1;
  join(threads, cpus);
  clock_settime(CLOCK_REALTIME, &saved);
  CHECK(have_all_ticked(ticks), "%ld reads, or a CPU without ticks; the longest step took %lld ns", reads,
        (long long)longest_step);
  CHECK(torn == 0 && backwards == 0 && bad == 0, "%d wrong", bad);
  printf("torn %d, backwards %d\n", torn, backwards);
}

/* Sleeps end on all CPUs, and not early, while most of them idle. */
static void *nap(void *argument) {
  go_to((int)(long)argument % cpus);
  for (int i = 0; i < 10; i++) {
    int64_t before = now(CLOCK_MONOTONIC);
    struct timespec span = {0, 1000000 + (long)argument * 300000};
    nanosleep(&span, 0);
    int64_t slept = now(CLOCK_MONOTONIC) - before;
    int64_t age = now(CLOCK_MONOTONIC) - now(CLOCK_MONOTONIC_COARSE);
    if (slept < span.tv_nsec || slept > LONG_ENOUGH || age > LONG_ENOUGH) bad++;
  }
  return 0;
}

static void naps(void) {
  pthread_t threads[8];
  start(threads, 8, nap);
  join(threads, 8);
  CHECK(bad == 0, "%d naps were short or long", bad);
}

int main(int count, char **arguments) {
  struct { const char *name; void (*body)(void); } parts[] = {
      {"places", places},       {"told_of", told_of}, {"spread", spread}, {"ping_pong", ping_pong},
      {"locks", locks},         {"storms", storms},   {"shoot_down", shoot_down},
      {"take_away", take_away}, {"copies", copies},   {"time_everywhere", time_everywhere},
      {"naps", naps}};
  cpus = count > 1 ? atoi(arguments[1]) : 1;
  window = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  setvbuf(stdout, 0, _IONBF, 0);
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (count > 2 && strcmp(arguments[2], "all") && strcmp(arguments[2], parts[i].name)) continue;
    int64_t before = now(CLOCK_MONOTONIC);
    bad = 0;
    parts[i].body();
    go_anywhere();
    if (count > 3) printf("%s: %d ms\n", parts[i].name, (int)((now(CLOCK_MONOTONIC) - before) / 1000000));
  }
  return verdict("smp");
}
