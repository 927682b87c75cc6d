// SPDX-License-Identifier: Apache-2.0
/* Kills a member of vqueue in the middle of a send and of a receive: with --icount an instruction
 * takes 1 ns, the timer interrupts the victim at a known time, and each victim begins an instruction
 * later than the one before. What a victim acknowledged is there once and in order, and no later
 * member meets what a dead one left behind. */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../image/bench/measure.h"
#include "check.h"
#include "vqueue_kit.h"

enum { STEPS = 640, PAIR = 2, LEAD = 200000, AFTER = 500 };
enum { JOINED = 1, READY = 2 };

/* What the victim tells its parent beside the queue. */
struct shared {
  volatile uint64_t begin; /* the counter's value at which the victim begins; 0: not yet known */
  volatile uint32_t state, acknowledged, wrong;
};
static struct shared *shared;

/* Musl's function of this name always fails. */
static int set_scheduler(int policy, int priority) {
  struct sched_param parameters = {.sched_priority = priority};
  return (int)syscall(SYS_sched_setscheduler, 0, policy, &parameters);
}

static void fill(struct vqueue_message *message, uint32_t step, uint32_t number) {
  *message = (struct vqueue_message){.type = step, .reply_type = number};
  message->body[15] = ~number;
}

static int is(const struct vqueue_message *message, uint32_t step, uint32_t number) {
  return message->type == step && message->reply_type == number && message->body[15] == ~number;
}

/* The victim: sends or receives message 0, so that no page fault is left, and at a value of the
 * counter and some instructions later the messages that matter. */
static void victim(uint32_t step, int sends) {
  struct vqueue_message message;
  uint32_t parent = vqueue_open((uint32_t)getppid());
  shared->state = JOINED;
  fill(&message, step, 0);
  if (sends ? vqueue_try_send(parent, &message) : vqueue_receive(&message, 0)) shared->wrong = 1;
  shared->acknowledged = 0;
  shared->state = READY;
  while (!shared->begin) sched_yield();
  while (stamp() < shared->begin) {
  }
  if (step & 1) __asm__ volatile("nop");
  spin(step / 2 + 1);
  for (uint32_t i = 1; i <= PAIR; i++) {
    if (sends) fill(&message, step, i);
    if (sends ? vqueue_try_send(parent, &message) : vqueue_try_receive(&message)) shared->wrong = 2;
    if (!sends && !is(&message, step, i)) shared->wrong = 3;
    shared->acknowledged = i;
  }
}

static void wait_for(uint32_t state) {
  struct timespec pause = {.tv_nsec = 50000};
  while (shared->state < state) nanosleep(&pause, 0);
}

static void send(uint32_t endpoint, uint32_t step, uint32_t number) {
  struct vqueue_message message;
  fill(&message, step, number);
  CHECK(vqueue_try_send(endpoint, &message) == 0, "step %u, message %u", step, number);
}

/* Kills a victim `AFTER` instructions from its beginning; its process, which has ended. */
static pid_t kill_one(uint32_t step, int sends) {
  struct vqueue_message message;
  *shared = (struct shared){0};
  pid_t process = fork();
  if (process == 0) {
    if (set_scheduler(SCHED_OTHER, 0) || vqueue_kit_bind_writer() != KIT_NO_ERROR) _exit(1);
    victim(step, sends);
    for (;;) pause();
  }
  wait_for(JOINED);
  uint32_t endpoint = vqueue_open((uint32_t)process);
  if (!sends) send(endpoint, step, 0);
  wait_for(READY);
  if (sends)
    CHECK(vqueue_try_receive(&message) == 0 && is(&message, step, 0), "step %u, message 0", step);
  for (uint32_t i = 1; !sends && i <= PAIR; i++) send(endpoint, step, i);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  shared->begin = stamp() + LEAD / INSTRUCTIONS_PER_COUNT;
  uint64_t end = (uint64_t)now.tv_nsec + LEAD + AFTER;
  struct timespec deadline = {now.tv_sec + (time_t)(end / 1000000000), (long)(end % 1000000000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, 0);
  kill(process, SIGKILL);
  waitpid(process, 0, 0);
  return process;
}

/* How many victims were killed after 0, 1 and 2 messages that they had acknowledged. */
static uint32_t killed_after[PAIR + 1], between;

static void kill_senders(void) {
  for (uint32_t step = 0; step < STEPS; step++) {
    kill_one(step, 1);
    uint32_t acknowledged = shared->acknowledged, count = 0;
    struct vqueue_message message;
    int is_right = 1;
    while (vqueue_try_receive(&message) == 0) is_right &= is(&message, step, ++count);
    CHECK(is_right && count - acknowledged <= 1 && !shared->wrong,
        "step %u: %u messages of %u acknowledged, wrong %u", step, count, acknowledged,
        shared->wrong);
    killed_after[acknowledged]++;
    between += count > acknowledged;
  }
}

static void kill_receivers(void) {
  for (uint32_t step = 0; step < STEPS; step++) {
    pid_t process = kill_one(step, 0);
    CHECK(!shared->wrong, "step %u: wrong %u", step, shared->wrong);
    CHECK(vqueue_open((uint32_t)process) == 0, "step %u: the dead member has an endpoint", step);
    killed_after[shared->acknowledged]++;
  }
}

static void report(const char *name) {
  printf("%s: %u, %u and %u were killed after 0, 1 and 2 messages\n", name, killed_after[0],
      killed_after[1], killed_after[2]);
  CHECK(killed_after[0] > 20 && killed_after[1] > 20 && killed_after[2] > 20, "the steps are missed");
  for (int i = 0; i <= PAIR; i++) killed_after[i] = 0;
}

int main(void) {
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(set_scheduler(SCHED_FIFO, 50) == 0, "a FIFO priority");
  CHECK(vqueue_kit_bind_writer() == KIT_NO_ERROR, "the kit");
  if (failures) return verdict("steps");
  kill_senders();
  report("send");
  CHECK(between > 0, "no victim was killed between a send and its acknowledgement");
  kill_receivers();
  report("receive");
  return verdict("steps");
}
