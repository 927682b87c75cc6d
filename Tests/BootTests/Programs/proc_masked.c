// SPDX-License-Identifier: Apache-2.0
/* The longest time under the lock of the process table, which masks interrupts, with as many processes and
 * timers as the machine has room for. The debug kernel measures it (/proc/locks); the program prints it after
 * each part. Under tools/run --icount a nanosecond is an instruction.
 * usage: proc_masked LIMIT [PART]: the nanoseconds that no part may exceed, and one part for all of them */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { MOST = 126 };

static volatile atomic_int *shared; /* [0]: how many children are ready; [1]: how many a child made. */
static pid_t all[MOST];

/* The longest that the process table's lock was held so far. */
static long held(void) {
  static char text[4096];
  int file = open("/proc/locks", O_RDONLY);
  int count = 0, n;
  while ((n = read(file, text + count, sizeof text - 1 - count)) > 0) count += n;
  close(file);
  text[count] = 0;
  char *line = strstr(text, "processes"), cpu[16], taken[16], contended[16];
  long longest = -1;
  int level;
  if (line) sscanf(line + 9, "%d %15s %15s %15s %ld", &level, cpu, taken, contended, &longest);
  return longest;
}

static void pause_ms(int ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, 0);
}

static void nothing(int unused) { (void)unused; }

/* Makes up to `most` children, as many as there is room for; each runs `child` and then waits for a
 * signal. */
static int make_up_to(int most, void (*child)(int)) {
  int count = 0;
  shared[0] = 0;
  while (count < most) {
    pid_t pid = fork();
    if (pid < 0) break;
    if (pid == 0) {
      child(count);
      shared[0]++;
      for (;;) pause();
    }
    all[count++] = pid;
  }
  while (shared[0] < count) pause_ms(10);
  return count;
}

static int make(void (*child)(int)) { return make_up_to(MOST, child); }

static void reap(int count) {
  for (int i = 0; i < count; i++) CHECK(wait(0) > 0, "child %d of %d: %d", i, count, errno);
  CHECK(wait(0) == -1 && errno == ECHILD, "no child is left");
}

static void end_all(int count) {
  kill(-1, SIGKILL);
  reap(count);
}

static void busy_ms(int ms) {
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - begin.tv_sec) * 1000L + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static void set_clock(void) {
  struct timespec today = {1700000000, 0};
  CHECK(!clock_settime(CLOCK_REALTIME, &today), "the clock: %d", errno);
}

static void plain(int n) { (void)n; }
static void group(int n) { if (n) setpgid(0, 0); }
static void dies_with_parent(int n) { (void)n, prctl(PR_SET_PDEATHSIG, SIGUSR2), signal(SIGUSR2, nothing); }

static void wall_timers(int n) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec due = {{0, 0}, {2000000000, 0}};
  (void)n;
  for (int i = 0; i < 2; i++) {
    timer_t timer;
    CHECK(!timer_create(CLOCK_REALTIME, &event, &timer), "a timer: %d", errno);
    timer_settime(timer, TIMER_ABSTIME, &due, 0);
  }
}

static void timers(int n) {
  struct itimerval used = {{0, 1000}, {1000, 0}};
  (void)n;
  setitimer(ITIMER_REAL, &used, 0);
  setitimer(ITIMER_VIRTUAL, &used, 0);
  setitimer(ITIMER_PROF, &used, 0);
  wall_timers(n);
}

static void cpu_limit(int n) {
  struct rlimit most = {1000, 2000};
  (void)n;
  setrlimit(RLIMIT_CPU, &most);
}

static void day_sleeper(int n) {
  struct timespec end = {2000000000, 0};
  (void)n;
  shared[0]++; /* Here, because it does not return. */
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, 0);
}


/* The parts. */

static void one_after_the_other(void) {
  int made = make(plain);
  CHECK(made > 100, "%d processes", made);
  for (int i = 0; i < made; i++) {
    kill(all[i], SIGTERM);
    CHECK(waitpid(all[i], 0, 0) == all[i], "child %d", i);
  }
}

static void all_at_once(void) {
  int made = make(plain);
  kill(-1, SIGTERM);
  pause_ms(100);
  reap(made);
}

static void groups(void) {
  int made = make(group);
  kill(-all[0], 0);
  for (int i = 1; i < made; i++) CHECK(!kill(-all[i], SIGTERM), "group %d: %d", i, errno);
  kill(all[0], SIGTERM);
  reap(made);
}

/* The children's parent ends before them: they go to init. */
static void orphans(void) {
  pid_t middle = fork();
  if (middle == 0) {
    shared[1] = make(dies_with_parent);
    _exit(0);
  }
  waitpid(middle, 0, 0);
  end_all(shared[1]);
}

static void *makes_children(void *unused) {
  shared[1] = make(dies_with_parent);
  return unused;
}

/* The thread that made the children ends before them: they are the next thread's. */
static void children_of_a_thread(void) {
  pthread_t thread;
  pthread_create(&thread, 0, makes_children, 0);
  pthread_join(thread, 0);
  end_all(shared[1]);
}

static void *nothing_else(void *unused) { return unused; }

static void thread_ends(void) {
  int made = make_up_to(100, plain);
  for (int i = 0; i < 4; i++) {
    pthread_t thread;
    CHECK(!pthread_create(&thread, 0, nothing_else, 0), "a thread");
    pthread_join(thread, 0);
  }
  end_all(made);
}

static void limits_of_cpu_time(void) {
  int made = make(cpu_limit);
  busy_ms(30);
  end_all(made);
}

static void sleepers_and_a_set_clock(void) {
  int made = make(day_sleeper);
  set_clock();
  end_all(made);
}

static void timers_and_ticks(void) {
  int made = make(timers);
  busy_ms(30);
  end_all(made);
}

static void timers_and_a_set_clock(void) {
  int made = make(wall_timers);
  set_clock();
  end_all(made);
}

static int word;

static void *waits(void *unused) {
  shared[1]++;
  syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, 0, 0, 0);
  return unused;
}

/* Makes as many threads as there is room for; they wait at `word`. */
static int make_threads(void) {
  static char stacks[MOST][16384];
  int count = 0;
  shared[1] = 0;
  while (count < 110) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stacks[count], sizeof stacks[count]);
    if (pthread_create(&thread, &attributes, waits, 0)) break;
    count++;
  }
  while (shared[1] < count) pause_ms(10);
  pause_ms(10);
  CHECK(count > 100, "%d threads", count);
  return count;
}

/* A futex with all threads of a process, which are moved and woken, and a process with as many that ends. */
static void many_threads(void) {
  for (int way = 0; way < 3; way++) {
    if (!fork()) {
      int made = make_threads(), other = 0, n = 0;
      if (way == 1) n = syscall(SYS_futex, &word, 4 /* FUTEX_CMP_REQUEUE */, 0, 1000, &other, 0);
      if (way < 2) n = syscall(SYS_futex, way ? &other : &word, 1 /* FUTEX_WAKE */, 1000, 0, 0, 0);
      _exit(way < 2 && n != made);
    }
    int status;
    CHECK(wait(&status) > 0 && !status, "way %d: %x", way, status);
  }
}

/* As many signals as can wait, of many kinds, for a process with many threads: one ends, and then all. */
static void many_signals(void) {
  if (!fork()) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, 0);
    make_threads();
    for (int i = 0; i < 256; i++) sigqueue(getpid(), 64 - i % 30, (union sigval){.sival_int = i});
    pthread_t thread;
    pthread_create(&thread, 0, nothing_else, 0);
    pthread_join(thread, 0);
    _exit(0);
  }
  int status;
  CHECK(wait(&status) > 0 && !status, "signals: %x", status);
}

/* A process with as many timers as it may have, on its CPU clock and on the wall clock. */
static void many_timers(void) {
  for (int way = 0; way < 2; way++) {
    if (!fork()) {
      struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
      struct itimerspec due = {{0, 1000000}, {way ? 2000000000 : 0, 10000000}};
      int made = 0;
      timer_t timer;
      signal(SIGUSR1, nothing);
      while (!timer_create(way ? CLOCK_REALTIME : CLOCK_PROCESS_CPUTIME_ID, &event, &timer)) {
        timer_settime(timer, way ? TIMER_ABSTIME : 0, &due, 0);
        made++;
      }
      if (way) set_clock();
      else busy_ms(50);
      _exit(made != 64);
    }
    int status;
    CHECK(wait(&status) > 0 && !status, "way %d: %x", way, status);
  }
}

/* Process numbers wrap to a range in which more than a hundred in a row are in use. */
static void numbers_in_use(void) {
  int made = make_up_to(110, plain), last = 0;
  pid_t pid;
  do {
    last = vfork();
    if (!last) _exit(0);
    pid = waitpid(last, 0, 0);
  } while (pid == last && last > 200);
  CHECK(pid == last && last < 200, "number %d", last);
  for (int i = 0; i < made; i++) CHECK(last != all[i], "number %d is in use", last);
  CHECK(last > all[made - 1], "number %d", last);
  end_all(made);
}

static const struct { const char *name; void (*run)(void); } parts[] = {
  {"numbers-in-use", numbers_in_use}, /* The first, as its processes are to have the lowest numbers. */
  {"one-after-the-other", one_after_the_other}, {"all-at-once", all_at_once}, {"groups", groups},
  {"orphans", orphans}, {"children-of-a-thread", children_of_a_thread}, {"thread-ends", thread_ends},
  {"limits-of-cpu-time", limits_of_cpu_time}, {"sleepers-and-a-set-clock", sleepers_and_a_set_clock},
  {"timers-and-ticks", timers_and_ticks}, {"timers-and-a-set-clock", timers_and_a_set_clock},
  {"many-threads", many_threads}, {"many-signals", many_signals}, {"many-timers", many_timers},
};

int main(int count, char **arguments) {
  long limit = count > 1 ? atol(arguments[1]) : 1000000000;
  setvbuf(stdout, 0, _IONBF, 0);
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (count > 2 && strcmp(arguments[2], parts[i].name)) continue;
    parts[i].run();
    long longest = held();
    printf("%s: %ld ns\n", parts[i].name, longest);
    CHECK(longest > 0 && longest <= limit, "%s: interrupts are masked for %ld ns", parts[i].name, longest);
  }
  return verdict("proc_masked");
}
