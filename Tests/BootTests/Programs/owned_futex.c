// SPDX-License-Identifier: Apache-2.0
/* Futexes with an owner (FUTEX_LOCK_PI and its kin): every line as Linux 6.1 prints it, in owned_futex.txt.
 * Numbers of threads are shown by name.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
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

enum { WAIT, WAKE, REQUEUE = 3, CMP_REQUEUE, LOCK = 6, UNLOCK, TRYLOCK, WAIT_BITSET, WAIT_REQUEUE = 11,
       CMP_REQUEUE_PI, LOCK2, PRIVATE = 128, WALL = 256, PAGE = 4096 };
#define WAITERS 0x80000000u
#define DIED 0x40000000u

static uint32_t a, b, c; /* words */
static char *const in_a = (char *)&a;
static pid_t me, other;
static void *read_only;

static void show(const char *what, uint32_t word) {
  pid_t owner = word & ~(WAITERS | DIED);
  printf("  %s: %s%s%s\n", what, owner == 0 ? "free" : owner == me ? "mine" : owner == other ? "other's" : "?",
         word & WAITERS ? " waiters" : "", word & DIED ? " died" : "");
}
#define SHOW(word) show(#word, word)
#define SAY_WORD(call) do { SAY(call); SHOW(a); } while (0)

static void alone(void) {
  struct timespec bad = {0, 1000000000}, past = {1, 0};
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, LOCK2, 0, 0));
  SAY_WORD(FUTEX(&a, TRYLOCK));
  SAY_WORD(FUTEX(&a, UNLOCK));
  SAY_WORD(FUTEX(&a, UNLOCK));
  SAY_WORD(FUTEX(&a, TRYLOCK | PRIVATE));
  SAY_WORD(FUTEX(&a, UNLOCK | PRIVATE));
  SAY_WORD(FUTEX(&a, LOCK2 | PRIVATE, 0, 0));
  a |= WAITERS;
  SAY_WORD(FUTEX(&a, UNLOCK | PRIVATE));
  a = DIED;
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, UNLOCK));
  a = WAITERS;
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  a = DIED | WAITERS;
  SAY_WORD(FUTEX(&a, TRYLOCK, 0, 0));
  a = 0x3ffffff0;
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, TRYLOCK));
  SAY_WORD(FUTEX(&a, UNLOCK));
  a = DIED | 0x3ffffff0;
  SAY_WORD(FUTEX(&a, LOCK2, 0, 0));
  a = 0;
  SAY_WORD(FUTEX(&a, LOCK, 0, &bad));
  SAY_WORD(FUTEX(&a, LOCK2, 0, &bad));
  SAY_WORD(FUTEX(&a, LOCK, 0, 8));
  SAY_WORD(FUTEX(&a, TRYLOCK, 0, &bad));
  SAY_WORD(FUTEX(&a, UNLOCK, 0, &bad));
  SAY_WORD(FUTEX(&a, LOCK, 0, &past));
  SAY_WORD(FUTEX(&a, UNLOCK | WALL));
  SAY_WORD(FUTEX(&a, TRYLOCK | WALL));
  SAY_WORD(FUTEX(&a, LOCK | WALL, 0, 0));
  SAY_WORD(FUTEX(&a, LOCK2 | WALL, 0, 0));
  SAY_WORD(FUTEX(&a, UNLOCK));
  SAY(FUTEX(in_a + 1, LOCK, 0, 0));
  SAY(FUTEX(in_a + 2, UNLOCK));
  SAY(FUTEX(0, LOCK, 0, 0));
  SAY(FUTEX(8, LOCK | PRIVATE, 0, 0));
  SAY(FUTEX(8, UNLOCK));
  SAY(FUTEX(9, UNLOCK | PRIVATE));
  SAY(FUTEX(0xfffffff0, LOCK, 0, 0));
  SAY(FUTEX(0xfffffff0, UNLOCK | PRIVATE));
  SAY(FUTEX(read_only, LOCK, 0, 0));
  SAY(FUTEX(read_only, LOCK | PRIVATE, 0, 0));
  SAY(FUTEX(read_only, TRYLOCK));
  SAY(FUTEX(read_only, UNLOCK));
  SAY(FUTEX(&a, WAIT_REQUEUE, 0, 0, &a));
  SAY(FUTEX(&a, WAIT_REQUEUE, 1, 0, &b));
  SAY(FUTEX(&a, WAIT_REQUEUE, 0, &bad, &b));
  SAY(FUTEX(&a, WAIT_REQUEUE, 0, &past, &b));
  SAY(FUTEX(&a, WAIT_REQUEUE | WALL | PRIVATE, 0, &past, &b));
  SAY(FUTEX(in_a + 1, WAIT_REQUEUE, 1, 0, &b));
  SAY(FUTEX(&b, WAIT_REQUEUE, 1, 0, in_a + 1));
  SAY(FUTEX(8, WAIT_REQUEUE, 1, 0, &b));
  SAY(FUTEX(&b, WAIT_REQUEUE, 0, 0, 8));
  SAY(FUTEX(&b, WAIT_REQUEUE, 0, 0, read_only));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &a, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 0, 0, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 2, 0, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, -1, 0, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, -1, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 1));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 9, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI | WALL, 1, 9, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, in_a + 1, 0));
  SAY(FUTEX(8, CMP_REQUEUE_PI, 1, 0, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, 8, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, read_only, 0));
}

/* Another thread, which makes one call at a time. */
static struct {
  pthread_t thread;
  pid_t number;
  volatile int step;
  long arguments[6], answer;
} second;

static void *calls(void *unused) {
  second.number = gettid();
  for (int step = 0;; step++) {
    while (FUTEX(&second.step, WAIT, step, 0), second.step == step) {}
    long *v = second.arguments;
    if (v[0] == 0) return 0;
    long answer = FUTEX(v[0], v[1], v[2], v[3], v[4], v[5]);
    second.answer = answer < 0 ? -errno : answer;
    second.arguments[0] = 1;
  }
}

static void begin(long word, long operation, long value, long time, long target, long bits) {
  long v[] = {word, operation, value, time, target, bits};
  memcpy(second.arguments, v, sizeof v);
  second.step++;
  FUTEX(&second.step, WAKE, 1);
}
static void end(const char *what) {
  while (second.arguments[0] != 1) usleep(1000);
  printf("  %s: %ld\n", what, second.answer);
}
/* The other thread makes a call, which ends at once, or waits. */
#define LET(word, operation, ...) do { begin((long)(word), operation, __VA_ARGS__); end("its " #operation); } while (0)
#define LET_WAIT(word, operation, ...) do { begin((long)(word), operation, __VA_ARGS__); \
  while (FUTEX(word, WAKE | ((operation) & PRIVATE), 0) != -1) usleep(1000); } while (0)

static void start(void) {
  second.step = 0;
  second.number = 0;
  pthread_create(&second.thread, 0, calls, 0);
  while (!second.number) usleep(1000);
  other = second.number;
}
static void stop(void) {
  begin(0, 0, 0, 0, 0, 0);
  pthread_join(second.thread, 0);
}

static void contended(void) {
  struct timespec past = {1, 0}, soon;
  start();
  LET(&a, LOCK, 0, 0, 0, 0);
  SHOW(a);
  SAY_WORD(FUTEX(&a, UNLOCK));
  SAY_WORD(FUTEX(&a, TRYLOCK));
  a = other;
  SAY_WORD(FUTEX(&a, LOCK, 0, &past));
  a = other;
  SAY_WORD(FUTEX(&a, LOCK2, 0, &past));
  soon = in(CLOCK_REALTIME, 20);
  SAY_WORD(FUTEX(&a, LOCK, 0, &soon));
  soon = in(CLOCK_MONOTONIC, 20);
  SAY_WORD(FUTEX(&a, LOCK2, 0, &soon));
  soon = in(CLOCK_REALTIME, 20);
  SAY_WORD(FUTEX(&a, LOCK2 | WALL, 0, &soon));
  a = other | DIED;
  SAY_WORD(FUTEX(&a, LOCK2, 0, &past));
  a = other | DIED;
  SAY_WORD(FUTEX(&a, TRYLOCK));
  LET(&a, UNLOCK, 0, 0, 0, 0);
  SHOW(a);

  puts("a waiter");
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  LET_WAIT(&a, LOCK, 0, 0, 0, 0);
  SHOW(a);
  SAY(FUTEX(&a, WAKE, 1));
  SAY(FUTEX(&a, 10, 1, 0, 0, 1));
  SAY(FUTEX(&a, WAKE | PRIVATE, 1));
  SAY(FUTEX(&a, REQUEUE, 1, 1, &b));
  SAY(FUTEX(&a, REQUEUE, 0, 1, &b));
  SAY(FUTEX(&a, CMP_REQUEUE, 0, 1, &b, a));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 1, &b, a));
  SAY(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, UNLOCK));
  end("lock");
  SAY_WORD(FUTEX(&a, UNLOCK));
  LET(&a, UNLOCK, 0, 0, 0, 0);
  SHOW(a);

  puts("the word changes");
  FUTEX(&a, LOCK, 0, 0);
  LET_WAIT(&a, LOCK, 0, 0, 0, 0);
  uint32_t words[] = {0, WAITERS, other, other | WAITERS, 0x3ffffff0, DIED | 0x3ffffff0, DIED | other};
  for (unsigned i = 0; i < sizeof words / 4; i++) {
    a = words[i];
    SHOW(a);
    SAY_WORD(FUTEX(&a, TRYLOCK));
    SAY_WORD(FUTEX(&a, UNLOCK));
    SAY_WORD(FUTEX(&a, LOCK2, 0, &past));
  }
  a = me;
  SAY_WORD(FUTEX(&a, UNLOCK));
  end("lock without the bit");
  a = me;
  SAY_WORD(FUTEX(&a, UNLOCK));

  puts("other waiters");
  LET_WAIT(&a, WAIT_REQUEUE, 0, 0, (long)&b, 0);
  SAY(FUTEX(&a, WAKE, 1));
  SAY(FUTEX(&a, REQUEUE, 0, 1, &b));
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &c, 0));
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  SAY_WORD(FUTEX(&a, TRYLOCK));
  a = me;
  SAY_WORD(FUTEX(&a, UNLOCK));
  a = 0;
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 0));
  end("requeue to a free one");
  SHOW(b);
  LET(&b, UNLOCK, 0, 0, 0, 0);
  begin((long)&a, WAIT, 0, 0, 0, 0);
  while (FUTEX(&a, REQUEUE, 0, 9, &a) < 1) usleep(1000);
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  a = other;
  SAY_WORD(FUTEX(&a, LOCK, 0, 0));
  a = me;
  SAY_WORD(FUTEX(&a, UNLOCK));
  a = 0;
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 1, &b, 0));
  SAY(FUTEX(&a, WAKE, 1));
  end("wait");

  puts("requeue");
  LET_WAIT(&a, WAIT_REQUEUE | PRIVATE, 0, 0, (long)&b, 0);
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 0));
  SAY(FUTEX(&a, CMP_REQUEUE_PI | PRIVATE, 1, 9, &b, 0));
  end("requeue to a free one with followers");
  SHOW(b);
  LET(&b, UNLOCK | PRIVATE, 0, 0, 0, 0);
  SHOW(b);
  FUTEX(&b, LOCK, 0, 0);
  LET_WAIT(&a, WAIT_REQUEUE, 0, 0, (long)&b, 0);
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 0));
  SHOW(b);
  SAY(FUTEX(&a, WAKE, 1));
  SAY(FUTEX(&b, WAKE, 1));
  SAY(FUTEX(&b, UNLOCK));
  end("requeue to an owned one");
  SHOW(b);
  LET(&b, UNLOCK, 0, 0, 0, 0);
  LET(&b, LOCK, 0, 0, 0, 0);
  LET_WAIT(&a, WAIT_REQUEUE, 0, 0, (long)&b, 0);
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 0)); /* the waiter owns it */
  SHOW(b);
  b = 0;
  SAY(FUTEX(&a, CMP_REQUEUE_PI, 1, 0, &b, 0));
  end("requeue after that");
  SHOW(b);
  b = 0;
  stop();
}

/* The order in which waiters get the futex; each is a thread of this process. */
static volatile int order[4], arrived;

static void *take_turn(void *priority) {
  struct sched_param p = {(int)(intptr_t)priority};
  syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p);
  FUTEX(&a, LOCK, 0, 0);
  order[arrived++] = p.sched_priority;
  FUTEX(&a, UNLOCK);
  return 0;
}

static void turns(void) {
  pthread_t threads[4];
  int priorities[] = {30, 90, 60, 1};
  FUTEX(&a, LOCK, 0, 0);
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, take_turn, (void *)(intptr_t)priorities[i]);
  usleep(100000);
  SAY(FUTEX(&a, UNLOCK));
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("  turns: %d %d %d %d\n", order[0], order[1], order[2], order[3]);
  a = 0;
}

/* Many waiters at a condition variable. */
static volatile int ended;
static void *wait_at_c(void *unused) {
  long answer = FUTEX(&c, WAIT_REQUEUE, 0, 0, &b);
  __atomic_add_fetch(&ended, answer == 0, __ATOMIC_SEQ_CST);
  FUTEX(&b, UNLOCK);
  return 0;
}

static void many(void) {
  pthread_t threads[5];
  for (int round = 0; round < 3; round++) {
    ended = 0;
    if (round == 1) FUTEX(&b, LOCK, 0, 0);
    for (int i = 0; i < 5; i++) pthread_create(&threads[i], 0, wait_at_c, 0);
    usleep(100000);
    if (round == 2) {
      SAY(FUTEX(&c, CMP_REQUEUE_PI, 1, 0, &b, 0));
      usleep(50000);
      SAY(FUTEX(&c, CMP_REQUEUE_PI, 1, 2, &b, 0));
      usleep(50000);
    }
    SAY(FUTEX(&c, CMP_REQUEUE_PI, 1, 0x7fffffff, &b, 0));
    if (round == 1) SAY(FUTEX(&b, UNLOCK));
    for (int i = 0; i < 5; i++) pthread_join(threads[i], 0);
    printf("  round %d: %d\n", round, ended);
    SHOW(b);
    b = 0;
  }
}

/* Cycles of owners. */
static uint32_t ring[3];
static volatile int locked;
static volatile long refused;
static int ring_size;

static void *in_ring(void *number) {
  int i = (int)(intptr_t)number;
  FUTEX(&ring[i], LOCK, 0, 0);
  __atomic_add_fetch(&locked, 1, __ATOMIC_SEQ_CST);
  while (locked < ring_size) usleep(1000);
  if (i == ring_size - 1) usleep(100000);
  long answer = FUTEX(&ring[(i + 1) % ring_size], LOCK, 0, 0);
  if (answer) refused = errno;
  if (!answer) FUTEX(&ring[(i + 1) % ring_size], UNLOCK);
  FUTEX(&ring[i], UNLOCK);
  return 0;
}

static void cycles(void) {
  for (ring_size = 2; ring_size <= 3; ring_size++) {
    pthread_t threads[3];
    locked = refused = 0;
    for (int i = 0; i < ring_size; i++) pthread_create(&threads[i], 0, in_ring, (void *)(intptr_t)i);
    for (int i = 0; i < ring_size; i++) pthread_join(threads[i], 0);
    printf("cycle of %d: %ld, words %x %x %x\n", ring_size, refused, ring[0], ring[1], ring[2]);
  }
}

/* Signals do not end a wait, except after a requeue. */
static volatile int handled;
static void handler(int number) { handled++; }

static void signals(void) {
  struct sigaction action = {.sa_handler = handler};
  sigaction(SIGUSR1, &action, 0);
  start();
  FUTEX(&a, LOCK, 0, 0);
  LET_WAIT(&a, LOCK, 0, 0, 0, 0);
  for (int i = 0; i < 3; i++) syscall(SYS_tgkill, getpid(), other, SIGUSR1), usleep(20000);
  SAY_WORD(FUTEX(&a, UNLOCK));
  end("lock through signals");
  printf("  handled %d\n", handled);
  LET(&a, UNLOCK, 0, 0, 0, 0);
  struct timespec later = in(CLOCK_MONOTONIC, 200);
  FUTEX(&a, LOCK, 0, 0);
  LET_WAIT(&a, LOCK2, 0, (long)&later, 0, 0);
  for (int i = 0; i < 3; i++) syscall(SYS_tgkill, getpid(), other, SIGUSR1), usleep(20000);
  end("lock until a time through signals");
  SHOW(a);
  FUTEX(&a, UNLOCK);
  LET_WAIT(&c, WAIT_REQUEUE, 0, 0, (long)&b, 0);
  syscall(SYS_tgkill, getpid(), other, SIGUSR1);
  usleep(20000);
  FUTEX(&b, LOCK, 0, 0);
  SAY(FUTEX(&c, CMP_REQUEUE_PI, 1, 0, &b, 0));
  syscall(SYS_tgkill, getpid(), other, SIGUSR1);
  end("requeued, and a signal");
  SHOW(b);
  SAY(FUTEX(&b, UNLOCK));
  SHOW(b);
  later = in(CLOCK_MONOTONIC, 50);
  LET_WAIT(&c, WAIT_REQUEUE, 0, (long)&later, (long)&b, 0);
  end("not requeued in time");
  later = in(CLOCK_MONOTONIC, 100);
  FUTEX(&b, LOCK, 0, 0);
  LET_WAIT(&c, WAIT_REQUEUE, 0, (long)&later, (long)&b, 0);
  SAY(FUTEX(&c, CMP_REQUEUE_PI, 1, 0, &b, 0));
  end("requeued, and not released in time");
  SAY(FUTEX(&b, UNLOCK));
  SHOW(b);
  printf("  handled %d\n", handled);
  stop();
}

/* Owners that end, in memory that processes share. */
struct entry {
  struct entry *next;
  uint32_t word;
};
static struct {
  struct { struct entry *next; long distance; struct entry *pending; } head;
  struct entry entries[2];
  volatile int steps;
} *shared;
#define WORD (&shared->entries[0].word)

static void list_it(int in_list, int pending) {
  shared->head.next = in_list ? (struct entry *)((uintptr_t)&shared->entries[0] | 1) : (struct entry *)&shared->head;
  shared->entries[0].next = (struct entry *)&shared->head;
  shared->head.distance = sizeof(struct entry *);
  shared->head.pending = pending ? (struct entry *)((uintptr_t)&shared->entries[0] | 1) : 0;
  syscall(SYS_set_robust_list, &shared->head, 12);
}

static void waiter_of_child(void) {
  long answer = FUTEX(WORD, LOCK, 0, 0);
  me = gettid();
  printf("  a waiter: %ld %d\n", answer, answer ? errno : 0);
  show("then", *WORD);
  fflush(stdout);
  if (FUTEX(WORD, UNLOCK)) _exit(1);
}

static void dying(const char *how, int in_list, int pending, int waiters, int by) {
  printf("%s, %d waiting\n", how, waiters);
  fflush(stdout);
  *WORD = 0;
  shared->steps = 0;
  pid_t owner = fork();
  if (!owner) {
    FUTEX(WORD, LOCK, 0, 0);
    list_it(in_list, pending);
    shared->steps = 1;
    while (shared->steps == 1) usleep(1000);
    if (by == 1) raise(SIGKILL);
    if (by == 2) execl("/init", "init", "x", NULL);
    if (by == 2) execl("/proc/self/exe", "init", "x", NULL);
    _exit(0);
  }
  while (!shared->steps) usleep(1000);
  pid_t first = 0, last = 0;
  if (waiters > 0) first = child(waiter_of_child), usleep(30000);
  if (waiters > 1) last = child(waiter_of_child), usleep(30000);
  shared->steps = 2;
  waitpid(owner, 0, 0);
  int status, failed = 0;
  for (int i = 0; i < waiters; i++) waitpid(i ? last : first, &status, 0), failed += status;
  printf("  %d failed\n", failed);
  other = owner;
  show("at the end", *WORD);
  SAY(FUTEX(WORD, TRYLOCK));
}

static void deaths(void) {
  for (int waiters = 0; waiters < 3; waiters++) {
    dying("exit", 0, 0, waiters, 0);
    dying("exit with a list", 1, 0, waiters, 0);
    dying("killed with a list", 1, 0, waiters, 1);
    dying("killed while pending", 0, 1, waiters, 1);
    dying("exec", 0, 0, waiters, 2);
    dying("exec with a list", 1, 0, waiters, 2);
  }
}

int main(int count, char **arguments) {
  if (count > 1) return 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  me = getpid();
  read_only = mmap(0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  alone();
  contended();
  turns();
  many();
  cycles();
  signals();
  deaths();
  return 0;
}
