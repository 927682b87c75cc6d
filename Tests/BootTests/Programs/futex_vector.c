// SPDX-License-Identifier: Apache-2.0
/* futex_waitv: every line as Linux 6.1 prints it, in futex_vector.txt. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"
#include "futexes.h"

enum { WAKE = 1, REQUEUE = 3, LOCK = 6, WAKE_BITSET = 10, PRIVATE = 128, SIZE_32 = 2, MOST = 128 };
#define WAITV(...) syscall(449, __VA_ARGS__)

static uint32_t words[MOST + 1];
static struct entry {
  uint64_t value, address;
  uint32_t flags, reserved;
} entries[MOST + 1];

static void reset(void) {
  memset(words, 0, sizeof words);
  for (int i = 0; i <= MOST; i++)
    entries[i] = (struct entry){0, (uintptr_t)&words[i], SIZE_32 | PRIVATE, 0};
}

#define CHANGED(change, ...) do { reset(); change; SAY(WAITV(entries, __VA_ARGS__)); } while (0)

static void errors(void) {
  struct timespec past = {1, 0}, bad = {0, 1000000000}, soon;
  reset();
  SAY(WAITV(entries, 0, 0, 0, 0));
  SAY(WAITV(entries, 129, 0, 0, 0));
  SAY(WAITV(entries, 1, 1, 0, 0));
  SAY(WAITV(0, 1, 0, 0, 0));
  SAY(WAITV(8, 1, 0, 0, 0));
  SAY(WAITV(entries, 1, 0, &past, 1));
  SAY(WAITV(entries, 1, 0, &past, 0));
  SAY(WAITV(entries, 1, 0, &past, 2));
  SAY(WAITV(entries, 1, 0, &past, -1));
  SAY(WAITV(entries, 1, 0, &bad, 1));
  SAY(WAITV(entries, 1, 0, 8, 1));
  SAY(WAITV(entries, 1, 0, 8, 7));
  SAY(WAITV(entries, 128, 0, &past, 1));
  soon = in(CLOCK_MONOTONIC, 20);
  SAY(WAITV(entries, 128, 0, &soon, 1));
  soon = in(CLOCK_REALTIME, 20);
  SAY(WAITV(entries, 3, 0, &soon, 0));
  CHANGED(entries[2].flags = 0, 3, 0, &past, 1);
  CHANGED(entries[2].flags = PRIVATE, 3, 0, &past, 1);
  CHANGED(entries[2].flags = SIZE_32 | 1, 3, 0, &past, 1);
  CHANGED(entries[2].flags = SIZE_32, 3, 0, &past, 1);
  CHANGED(entries[2].reserved = 1, 3, 0, &past, 1);
  CHANGED(entries[2].address++, 3, 0, &past, 1);
  CHANGED(entries[2].address = 0, 3, 0, &past, 1);
  CHANGED((entries[2].address = 8, entries[2].flags = SIZE_32), 3, 0, &past, 1);
  CHANGED(entries[2].address = 0xfffffff0, 3, 0, &past, 1);
  CHANGED(words[2] = 1, 3, 0, &past, 1);
  CHANGED(words[0] = 1, 3, 0, 0, 1);
  CHANGED((words[0] = 1, entries[2].address = 8), 3, 0, 0, 1);
  CHANGED((words[0] = 1, entries[2].flags = 0), 3, 0, 0, 1);
  CHANGED((words[2] = 7, entries[2].value = 7), 3, 0, &past, 1);
  CHANGED((words[2] = 7, entries[2].value = 0x100000007ull), 3, 0, &past, 1);
  CHANGED(entries[1] = entries[0], 3, 0, &past, 1);
  SAY(WAITV((char *)entries + 4, 1, 0, &past, 1));
}

static volatile pid_t waiter;
static volatile long answer;
static volatile int count, handled;

static void *waits(void *unused) {
  waiter = gettid();
  long result = WAITV(entries, count, 0, 0, 0);
  answer = result < 0 ? -errno : result;
  waiter = 0;
  return 0;
}
static pthread_t thread;
static void begin(int number) {
  count = number;
  pthread_create(&thread, 0, waits, 0);
  /* The last one is queued last. */
  while (FUTEX(&words[number - 1], REQUEUE | PRIVATE, 0, 9, &words[number - 1]) < 1) usleep(1000);
  usleep(10000);
}
static void end(void) {
  pthread_join(thread, 0);
  printf("  %ld\n", answer);
}
static void handler(int number) { handled++; }

static void wakes(void) {
  struct sigaction action = {.sa_handler = handler};
  reset();
  int which[] = {0, 1, 2, 63, 127};
  for (int i = 0; i < 5; i++) {
    begin(128);
    SAY(FUTEX(&words[which[i]], WAKE | PRIVATE, 9));
    end();
    SAY(FUTEX(&words[which[i]], WAKE | PRIVATE, 9));
  }
  begin(3);
  SAY(FUTEX(&words[0], WAKE_BITSET | PRIVATE, 9, 0, 0, 4));
  end();
  begin(3);
  SAY(FUTEX(&words[0], REQUEUE | PRIVATE, 0, 9, &words[100]));
  SAY(FUTEX(&words[0], WAKE | PRIVATE, 9));
  SAY(FUTEX(&words[0], LOCK | PRIVATE, 0, 0));
  words[100] = 0;
  SAY(FUTEX(&words[100], LOCK | PRIVATE, 0, 0));
  SAY(FUTEX(&words[100], WAKE | PRIVATE, 9));
  end();
  reset();
  entries[1] = entries[0];
  begin(3);
  SAY(FUTEX(&words[0], WAKE | PRIVATE, 9));
  end();
  begin(3);
  SAY(FUTEX(&words[0], WAKE | PRIVATE, 1));
  end();
  sigaction(SIGUSR1, &action, 0);
  begin(3);
  syscall(SYS_tgkill, getpid(), waiter, SIGUSR1);
  end();
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, 0);
  begin(3);
  syscall(SYS_tgkill, getpid(), waiter, SIGUSR1);
  usleep(20000);
  SAY(FUTEX(&words[2], WAKE | PRIVATE, 1));
  end();
  printf("handled %d\n", handled);
}

/* Words of memory that processes share, and the end of a waiter. */
static void processes(void) {
  uint32_t *shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int killed = 0; killed < 2; killed++) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
      entries[0] = (struct entry){0, (uintptr_t)shared, SIZE_32, 0};
      entries[1] = (struct entry){0, (uintptr_t)(shared + 1024), SIZE_32, 0};
      _exit(WAITV(entries, 2, 0, 0, 0));
    }
    while (FUTEX(shared + 1024, REQUEUE, 0, 9, shared + 1024) < 1) usleep(1000);
    if (killed) kill(child, SIGKILL);
    else SAY(FUTEX(shared + 1024, WAKE, 9));
    waitpid(child, &status, 0);
    printf("  %x\n", status);
    SAY(FUTEX(shared, WAKE, 9));
    SAY(FUTEX(shared + 1024, WAKE, 9));
  }
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  errors();
  wakes();
  processes();
  return 0;
}
