// SPDX-License-Identifier: Apache-2.0
/* futex, robust lists and scheduling calls: every line as Linux 6.1 prints it, in proc_futex.txt. For robust
 * futexes a line has the futex word after its owner has ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"

enum { WAIT, WAKE, FD, REQUEUE, CMP_REQUEUE, WAIT_BITSET = 9, WAKE_BITSET, PRIVATE = 128, WALL = 256 };
enum { RESET_ON_FORK = 0x40000000, LIST = 4000, PAGE = 4096 };

#define FUTEX(...) syscall(422, __VA_ARGS__)
#define OLD_FUTEX(...) syscall(240, __VA_ARGS__) /* times of two words */

static int a[2], b[2];
static char *const in_a = (char *)a, *const in_b = (char *)b;
static pthread_t threads[3];

static void *wait_at_a(void *operation) {
  FUTEX(a, (int)(intptr_t)operation, 0, 0, 0, 4);
  return 0;
}

/* Returns when `count` threads wait at `word`: a requeue to the same word counts them. */
static void await(void *word, int count, int is_private) {
  while (FUTEX(word, REQUEUE | is_private, 0, 9, word) < count) usleep(1000);
}

/* Three threads that wait at `a`. */
static void begin(int operation) {
  for (int i = 0; i < 3; i++)
    pthread_create(&threads[i], 0, wait_at_a, (void *)(intptr_t)operation);
  await(a, 3, operation & PRIVATE);
}

static void end(void) {
  for (int i = 0; i < 2; i++) {
    FUTEX(a, WAKE | i * PRIVATE, 99);
    FUTEX(b, WAKE | i * PRIVATE, 99);
  }
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
}

#define SAY_WAITERS(operation, call)         \
  do {                                       \
    begin(operation);                        \
    SAY(call);                               \
    end();                                   \
  } while (0)

static void wakes(void) {
  SAY_WAITERS(WAIT, FUTEX(a, WAKE, 2));
  SAY_WAITERS(WAIT, FUTEX(a, WAKE, 0));
  SAY_WAITERS(WAIT, FUTEX(a, WAKE, -5));
  SAY_WAITERS(WAIT, FUTEX(a, WAKE | PRIVATE, 5));
  SAY_WAITERS(WAIT | PRIVATE, FUTEX(a, WAKE, 5));
  SAY_WAITERS(WAIT | PRIVATE, FUTEX(a, WAKE | PRIVATE, 5));
  SAY_WAITERS(WAIT_BITSET, FUTEX(a, WAKE_BITSET, 9, 0, 0, 3));
  SAY_WAITERS(WAIT_BITSET, FUTEX(a, WAKE_BITSET, 9, 0, 0, 6));
  SAY_WAITERS(WAIT, FUTEX(a, REQUEUE, 1, 1, b));
  SAY_WAITERS(WAIT, FUTEX(a, REQUEUE, 0, 2, b));
  SAY_WAITERS(WAIT, FUTEX(a, REQUEUE, 1, 9, a));
  SAY_WAITERS(WAIT, FUTEX(a, CMP_REQUEUE, 1, 9, a, 0));
  SAY_WAITERS(WAIT, FUTEX(a, CMP_REQUEUE, 1, 1, b, 0));
  SAY_WAITERS(WAIT, FUTEX(a, CMP_REQUEUE, 1, 1, b, 7));
  begin(WAIT);
  SAY(FUTEX(a, REQUEUE, 0, 2, b));
  SAY(FUTEX(a, WAKE, 9));
  SAY(FUTEX(b, WAKE, 9));
  end();
}

static void errors(void) {
  struct timespec bad = {0, 1000000000}, negative = {-1, 0}, soon = {0, 1000};
  SAY(FUTEX(a, WAIT, 1, 0));
  SAY(FUTEX(a, WAIT, 0, &soon));
  SAY(FUTEX(a, WAIT, 0, &bad));
  SAY(FUTEX(a, WAIT, 0, &negative));
  SAY(FUTEX(a, WAIT, 1, &bad));
  SAY(FUTEX(a, WAIT, 1, 8));
  SAY(FUTEX(in_a + 1, WAIT, 1, 0));
  SAY(FUTEX(in_a + 1, WAIT, 1, &bad));
  SAY(FUTEX(0, WAIT, 1, 0));
  SAY(FUTEX(8, WAIT, 1, 0));
  SAY(FUTEX(8, WAIT | PRIVATE, 1, 0));
  SAY(FUTEX(0xfffffff0, WAIT, 1, 0));
  SAY(FUTEX(a, WAIT | WALL, 1, 0));
  SAY(FUTEX(a, WAIT | WALL, 1, &bad));
  SAY(FUTEX(a, WAKE | WALL, 1));
  SAY(FUTEX(a, WAIT_BITSET, 1, 0, 0, 0));
  SAY(FUTEX(in_a + 1, WAIT_BITSET, 1, 0, 0, 0));
  SAY(FUTEX(a, WAIT_BITSET, 1, &bad, 0, 0));
  SAY(FUTEX(a, WAIT_BITSET, 0, &soon, 0, 1));
  SAY(FUTEX(a, WAIT_BITSET | WALL, 0, &soon, 0, 1));
  SAY(FUTEX(a, WAIT_BITSET | WALL, 0, &bad, 0, 1));
  SAY(FUTEX(a, WAKE, 1));
  SAY(FUTEX(in_a + 2, WAKE, 1));
  SAY(FUTEX(8, WAKE, 1));
  SAY(FUTEX(8, WAKE | PRIVATE, 1));
  SAY(FUTEX(0xfffffff0, WAKE | PRIVATE, 1));
  SAY(FUTEX(a, WAKE_BITSET, 1, 0, 0, 0));
  SAY(FUTEX(in_a + 1, WAKE_BITSET, 1, 0, 0, 0));
  SAY(FUTEX(a, REQUEUE, -1, 1, b));
  SAY(FUTEX(a, REQUEUE, 1, -1, b));
  SAY(FUTEX(in_a + 1, REQUEUE, 1, 1, b));
  SAY(FUTEX(a, REQUEUE, 1, 1, in_b + 2));
  SAY(FUTEX(a, REQUEUE, 1, 1, 8));
  SAY(FUTEX(8, CMP_REQUEUE, 1, 1, b, 0));
  SAY(OLD_FUTEX(a, WAIT, 0, &(int32_t[2]){0, 1000}));
  SAY(OLD_FUTEX(a, WAIT, 0, &(int32_t[2]){0, 1000000000}));
  SAY(OLD_FUTEX(a, WAIT_BITSET, 0, &(int32_t[2]){-1, 0}, 0, 1));
  SAY(FUTEX(a, FD, 1));
  SAY(FUTEX(a, 14, 1));
  SAY(FUTEX(a, 0x7f, 1));
  SAY(FUTEX(a, 0x200, 1));
}

/* An absolute time ends a wait when it has come, not before. */
static void absolute(void) {
  int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
  for (int i = 0; i < 2; i++) {
    struct timespec end, now;
    clock_gettime(clocks[i], &end);
    end.tv_nsec += 20000000;
    if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
    SAY(FUTEX(a, WAIT_BITSET | PRIVATE | i * WALL, 0, &end, 0, -1));
    clock_gettime(clocks[i], &now);
    int early = now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec);
    printf("early: %d\n", early);
  }
}

struct entry {
  struct entry *next;
  uint32_t word;
};
struct head {
  struct entry *next;
  long distance;
  struct entry *pending;
};
/* In memory that the parent and the child share. */
static struct {
  struct head head;
  struct entry entries[LIST];
} *list;

enum { WAITERS = 1 << 31 };

/* A ring of `count` entries, owned by the caller. */
static void own(int count, uint32_t bits) {
  uint32_t me = gettid();
  list->head = (struct head){list->entries, sizeof(struct entry *), 0};
  for (int i = 0; i < count; i++)
    list->entries[i] = (struct entry){
        i + 1 < count ? &list->entries[i + 1] : (struct entry *)&list->head, me | bits};
  syscall(SYS_set_robust_list, &list->head, sizeof list->head);
}

static void left(const char *what, int count) {
  int died = 0;
  for (int i = 0; i < count; i++) died += list->entries[i].word == 0x40000000;
  uint32_t first = list->entries[0].word;
  printf("%s: %d died, first %s\n", what, died,
         first == (WAITERS | 0x40000000) ? "died with waiters" : first == 0x40000000 ? "died"
         : first == 0                                                                ? "free"
                                                                                     : "owned");
}

static int finish(pid_t child) {
  int status;
  waitpid(child, &status, 0);
  return status;
}

#define DYING(what, count, ...)             \
  do {                                      \
    pid_t child = fork();                   \
    if (!child) {                           \
      __VA_ARGS__;                          \
      _exit(0);                             \
    }                                       \
    finish(child);                          \
    left(what, count);                      \
  } while (0)

static void *end_alone(void *unused) {
  list->entries[1].word = 0;
  own(2, 0);
  syscall(SYS_exit, 0);
  return 0;
}

static void robust(const char *self) {
  char *const arguments[] = {(char *)self, "x", 0};
  list = mmap(0, sizeof *list, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  DYING("exit", 3, own(3, 0));
  DYING("waiters", 3, own(3, WAITERS));
  DYING("a signal", 3, own(3, 0); raise(SIGKILL));
  DYING("exec", 3, own(3, 0); execv(self, arguments));
  DYING("another's", 3, own(3, 0); list->entries[0].word = 1);
  DYING("pending", 3, own(2, 0); list->entries[2].word = gettid();
        list->head.pending = &list->entries[2]);
  DYING("pending and in the list", 3, own(3, 0); list->head.pending = &list->entries[1]);
  DYING("pending and free", 3, own(2, 0); list->entries[2].word = 0;
        list->head.pending = &list->entries[2]);
  DYING("passes priority", 3, own(3, 0);
        list->head.next = (struct entry *)((uintptr_t)list->entries | 1));
  DYING("a ring without the head", 3, own(3, 0); list->entries[2].next = list->entries);
  DYING("too many", LIST, own(LIST, 0));
  DYING("nowhere in the middle", 3, own(3, 0); list->entries[0].next = (struct entry *)8);
  DYING("misaligned in the middle", 3, own(3, 0);
        list->entries[0].next = (struct entry *)((char *)&list->entries[1] + 2));
  DYING("nowhere at first", 3, own(3, 0); list->head.next = (struct entry *)8);
  DYING("a bad distance", 3, own(3, 0); list->head.distance = 2);
  DYING("a distance to nowhere", 3, own(3, 0); list->head.distance = 0x7f000000);
  DYING("no head", 3, own(3, 0);
        syscall(SYS_set_robust_list, 8, sizeof list->head));
  DYING("taken back", 3, own(3, 0); syscall(SYS_set_robust_list, 0, sizeof list->head));
  DYING("a thread", 2, pthread_create(threads, 0, end_alone, 0);
        while (list->entries[1].word != 0x40000000) usleep(1000));

  /* The waiter continues. */
  list->entries[0].word = WAITERS;
  pid_t child = fork();
  if (!child) {
    own(1, WAITERS);
    await(&list->entries[0].word, 1, 0);
    _exit(0);
  }
  while (list->entries[0].word == WAITERS) usleep(1000);
  SAY(FUTEX(&list->entries[0].word, WAIT, child | WAITERS, 0));
  left("waited for", 1);
  finish(child);
}

static void robust_calls(void) {
  static uint32_t head[3], place = 1, length = 1;
  SAY(syscall(SYS_set_robust_list, head, 11));
  SAY(syscall(SYS_set_robust_list, head, 12));
  SAY(syscall(SYS_get_robust_list, 0, &place, &length));
  printf("%d %u\n", place == (uint32_t)head, length);
  SAY(syscall(SYS_get_robust_list, getpid(), &place, &length));
  SAY(syscall(SYS_get_robust_list, 0, 8, &length));
  SAY(syscall(SYS_get_robust_list, 0, &place, 8));
  SAY(syscall(SYS_get_robust_list, 9999, &place, &length));
  SAY(syscall(SYS_get_robust_list, -1, &place, &length));
  SAY(syscall(SYS_set_robust_list, 0, 12));
}

/* The policy and the priority that a child inherits. */
static void child_policy(void) {
  pid_t child = fork();
  if (!child) {
    struct sched_param p = {15};
    syscall(SYS_sched_getparam, 0, &p);
    _exit(syscall(SYS_sched_getscheduler, 0) << 4 | p.sched_priority);
  }
  printf("a child's: %x\n", finish(child) >> 8);
}

static void scheduling(void) {
  struct sched_param none = {0}, some = {5};
  int32_t time[2];
  cpu_set_t mask = {{1}};
  child_policy();
  SAY(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &some));
  SAY(syscall(SYS_sched_rr_get_interval, 0, time));
  printf("%d\n", time[0] == 0 && time[1] > 0);
  child_policy();
  SAY(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | RESET_ON_FORK, &some));
  SAY(syscall(SYS_sched_getscheduler, 0));
  SAY(syscall(SYS_sched_rr_get_interval, 0, time));
  printf("%d\n", time[0] == 0 && time[1] == 0);
  child_policy();
  SAY(syscall(SYS_sched_setparam, 0, &(struct sched_param){6}));
  SAY(syscall(SYS_sched_getscheduler, 0));
  SAY(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | 0x20000000, &some));
  SAY(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH | RESET_ON_FORK, &none));
  child_policy();
  SAY(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none));
  SAY(syscall(SYS_sched_getscheduler, 0));
  SAY(syscall(SYS_sched_rr_get_interval, -1, time));
  SAY(syscall(SYS_sched_rr_get_interval, 9999, time));
  SAY(syscall(SYS_sched_rr_get_interval, 0, 8));
  SAY(syscall(SYS_sched_rr_get_interval, -1, 8));
  SAY(syscall(SYS_sched_get_priority_max, 6));
  SAY(syscall(SYS_sched_get_priority_min, 6));
  SAY(syscall(SYS_sched_get_priority_max, 7));
  SAY(syscall(SYS_sched_setaffinity, 0, 1, &mask));
  SAY(syscall(SYS_sched_setaffinity, 0, 0, &mask));
  SAY(syscall(SYS_sched_setaffinity, 0, 16, &mask));
  SAY(syscall(SYS_sched_setaffinity, 9999, 0, &mask));
  SAY(syscall(SYS_sched_setaffinity, 9999, 4, 8));
  SAY(syscall(SYS_sched_setaffinity, -1, 4, &mask));
  SAY(syscall(SYS_sched_getaffinity, 0, 0, &mask));
  SAY(syscall(SYS_sched_getaffinity, 0, 5, &mask));
  SAY(syscall(SYS_sched_getaffinity, 0, 16, &mask));
  SAY(syscall(SYS_sched_getaffinity, 0, 4, 8));
  SAY(syscall(SYS_getcpu, 8, 0, 0));
  SAY(syscall(SYS_getcpu, 0, 8, 0));
  SAY(syscall(SYS_getcpu, 0, 0, 8));
}

int main(int count, char **arguments) {
  if (count > 1) return 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  wakes();
  errors();
  absolute();
  robust_calls();
  robust(getpid() == 1 ? "/init" : arguments[0]);
  scheduling();
  return 0;
}
