// SPDX-License-Identifier: Apache-2.0
/* How late a thread of the highest real-time priority wakes while a process of the lowest priority makes one
 * long call after another, and how soon a signal ends such a call. For a machine that counts instructions, each
 * of which takes a nanosecond (tools/run --icount).
 *
 * usage: give_way LIMIT: the most instructions that a wake-up may be late
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { BYTES = 32 << 20, PIECES = 1024, SLEEPS = 100, PERIOD = 1003001 };
static char *memory;
static struct iovec pieces[PIECES];
static int zero, null;

static void random_bytes(void) { syscall(SYS_getrandom, memory, BYTES, 0); }
static void zeros(void) { (void)!read(zero, memory, BYTES); }
static void zero_pieces(void) { (void)!readv(zero, pieces, PIECES); }
static void null_pieces(void) { (void)!writev(null, pieces, PIECES); }
static void resident(void) { mincore(memory, BYTES, (unsigned char *)memory); }
static void file(void) {
  int program = open("/init", O_RDONLY);
  (void)!read(program, memory, BYTES);
  close(program);
}

static const struct { const char *name; void (*call)(void); } loads[] = {
    {"getrandom", random_bytes}, {"read of zeros", zeros}, {"readv of zeros", zero_pieces},
    {"writev to null", null_pieces}, {"mincore", resident}, {"read of a file", file},
};

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t due) {
  struct timespec t = {due / 1000000000, due % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
}

/* By call, because musl's function only answers ENOSYS. */
static void schedule(int policy, int priority) {
  struct sched_param parameters = {.sched_priority = priority};
  CHECK(syscall(SYS_sched_setscheduler, 0, policy, &parameters) == 0, "policy %d", policy);
}

static pid_t start(void (*call)(void)) {
  pid_t child = fork();
  if (child == 0) {
    schedule(SCHED_IDLE, 0);
    for (;;) call();
  }
  return child;
}

static void compute(void) {}

/* The time from a signal to the end of a process that repeats `call`, soon after it has begun, when there are few
 * pages to be freed. */
static int64_t end_of(void (*call)(void)) {
  pid_t child = start(call);
  schedule(SCHED_FIFO, 99);
  sleep_until(now() + 3 * PERIOD);
  int status = 0;
  int64_t begun = now();
  kill(child, SIGKILL);
  schedule(SCHED_OTHER, 0);
  CHECK(waitpid(child, &status, 0) == child && status == SIGKILL, "status %x", status);
  return now() - begun;
}

int main(int count, char **arguments) {
  long limit = count > 1 ? atol(arguments[1]) : 0;
  memory = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < PIECES; i++) pieces[i] = (struct iovec){memory, 4096};
  zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
  for (unsigned load = 0; load < sizeof loads / sizeof *loads; load++) {
    pid_t child = start(loads[load].call);
    schedule(SCHED_FIFO, 99);
    int64_t due = now(), sum = 0, most = 0;
    for (int i = 0; i < SLEEPS; i++) {
      due += PERIOD;
      sleep_until(due);
      int64_t late = now() - due;
      sum += late;
      if (late > most) most = late;
    }
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    printf("%s: late %lld, most %lld\n", loads[load].name, (long long)sum / SLEEPS, (long long)most);
    CHECK(most <= limit, "%s: %lld late", loads[load].name, (long long)most);
    schedule(SCHED_OTHER, 0);
  }
  int64_t computing = end_of(compute), calling = end_of(random_bytes);
  printf("SIGKILL: %lld, in a call %lld\n", (long long)computing, (long long)calling);
  CHECK(calling - computing < 10000, "the signal took %lld more", (long long)(calling - computing));
  return verdict("give_way");
}
