// SPDX-License-Identifier: Apache-2.0
/* The kit vqueue between processes: every message arrives once and in its sender's order, also
 * while others are killed at random and one writes random bytes wherever it may. With an argument,
 * kills and nonsense only, for as many seconds. */
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

#include "check.h"
#include "vqueue_kit.h"

enum { SENDERS = 3, MESSAGES = 2000, VICTIMS = 20 };

/* What processes tell each other beside the queue: written by one of them each. */
struct shared {
  volatile uint32_t receiver; /* the endpoint that messages are sent to */
  volatile uint32_t hostile;
  volatile uint32_t hostile_pauses; /* how long it does nothing in between, in ms */
  volatile uint32_t senders[SENDERS];
  volatile uint32_t victims[VICTIMS];
  volatile uint32_t lane_is_full;
  volatile uint32_t has_announced;
  volatile uint32_t acknowledged[VICTIMS]; /* how many sends of a victim had succeeded */
};
static struct shared *shared;

static void pause_milliseconds(int milliseconds) {
  struct timespec wait = {0, milliseconds * 1000000};
  if (milliseconds) nanosleep(&wait, 0);
}

static void join_or_die(void) {
  if (vqueue_kit_bind_writer() != KIT_NO_ERROR) _exit(100);
}

static void fill(struct vqueue_message *message, uint32_t type, uint32_t number) {
  message->type = type;
  message->reply_type = number;
  for (uint32_t i = 0; i < 16; i++) message->body[i] = number * 31 + i + type;
}

static int is_whole(const struct vqueue_message *message) {
  for (uint32_t i = 0; i < 16; i++)
    if (message->body[i] != message->reply_type * 31 + i + message->type) return 0;
  return 1;
}

static int32_t send(const struct vqueue_message *message) {
  int32_t result;
  do result = vqueue_send(shared->receiver, message, 0);
  while (result == -KIT_AGAIN);
  return result;
}

/* A deadline `milliseconds` from now. */
static struct vqueue_time after(int milliseconds) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t end = now.tv_nsec + milliseconds * INT64_C(1000000);
  struct vqueue_time time = {now.tv_sec + end / 1000000000, end % 1000000000};
  return time;
}

static int32_t receive(struct vqueue_message *message, int milliseconds) {
  struct vqueue_time deadline = after(milliseconds);
  int32_t result;
  do result = vqueue_receive(message, &deadline);
  while (result == -KIT_AGAIN);
  return result;
}

static void sender(uint32_t type) {
  struct vqueue_message message;
  join_or_die();
  shared->senders[type] = vqueue_self();
  for (uint32_t n = 0; n < MESSAGES; n++) {
    fill(&message, type, n);
    if (send(&message)) _exit(101);
  }
  _exit(0);
}

/* Sends until it is killed, and says what has been sent. */
static void victim(uint32_t number) {
  struct vqueue_message message;
  join_or_die();
  shared->victims[number] = vqueue_self();
  for (uint32_t n = 0;; n++) {
    fill(&message, 1000 + number, n);
    if (send(&message)) _exit(102);
    shared->acknowledged[number] = n + 1;
  }
}

/* Writes random bytes to all of its pages, and calls the queue with them. */
static void hostile(void) {
  struct vqueue_message message;
  join_or_die();
  shared->hostile = vqueue_self();
  uint32_t slot = vqueue_self() % KIT_MEMBERS;
  size_t bytes = (sizeof(struct vqueue_member) + 4095) / 4096 * 4096;
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[200];
  unsigned long from, to, own = 0;
  /* The one region of the kit that is writable. */
  while (maps && fgets(line, sizeof line, maps))
    if (strstr(line, "rw-s") && strstr(line, "[kit:vqueue]") &&
        sscanf(line, "%lx-%lx", &from, &to) == 2)
      own = from;
  if (!own || to - from < bytes || slot >= KIT_MEMBERS) _exit(103);
  volatile uint32_t *words = (volatile uint32_t *)own;
  srand(7);
  for (;;) {
    for (size_t i = 0; i < bytes / 4; i++)
      words[i] = rand() % 3 ? (uint32_t)rand() % 64 : (uint32_t)rand() * 2u;
    for (uint32_t other = 0; other < KIT_MEMBERS; other++) {
      fill(&message, 5000, other);
      vqueue_try_send(1u << 4 | other, &message);
    }
    vqueue_try_receive(&message);
    pause_milliseconds((int)shared->hostile_pauses);
  }
}

/* Musl's function for this always fails. */
static void run_as(int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  syscall(SYS_sched_setscheduler, 0, policy, &parameter);
}

static pid_t start(void (*run)(uint32_t), uint32_t number) {
  pid_t process = fork();
  if (process == 0) {
    run_as(SCHED_OTHER, 0);
    run(number);
  }
  return process;
}
static void run_hostile(uint32_t number) {
  (void)number;
  hostile();
}

static uint32_t next[SENDERS];

/* The place of an endpoint among `count` of them; `count`: it is none of them. */
static uint32_t place(uint32_t endpoint, const volatile uint32_t *endpoints, uint32_t count) {
  uint32_t i = 0;
  while (i < count && endpoints[i] != endpoint) i++;
  return i;
}

/* Receives up to `most` messages, until nothing comes for a while; counts what is wrong. What the
 * hostile process sends may be anything, but it cannot send as another one. */
static int take(uint32_t *victims_next, int milliseconds, int most) {
  struct vqueue_message message;
  int wrong = 0;
  while (most-- > 0 && receive(&message, milliseconds) == 0) {
    if (message.sender == shared->hostile) continue;
    uint32_t sender = place(message.sender, shared->senders, SENDERS);
    uint32_t victim = place(message.sender, shared->victims, VICTIMS);
    if (!is_whole(&message)) wrong++;
    else if (sender < SENDERS)
      wrong += message.type != sender || message.reply_type != next[sender]++;
    else if (victims_next && victim < VICTIMS)
      wrong += message.type != 1000 + victim || message.reply_type != victims_next[victim]++;
    else wrong++;
  }
  return wrong;
}

static void test_senders(int with_hostile) {
  pid_t processes[SENDERS], other = with_hostile ? start(run_hostile, 0) : 0;
  memset(next, 0, sizeof next);
  memset((void *)shared->senders, 0, sizeof shared->senders);
  for (uint32_t i = 0; i < SENDERS; i++) processes[i] = start(sender, i);
  int wrong = 0;
  for (int i = 0; i < 100 && next[0] + next[1] + next[2] < SENDERS * MESSAGES; i++)
    wrong += take(0, 300, 2000);
  CHECK(wrong == 0, "%d messages are wrong (hostile: %d)", wrong, with_hostile);
  for (uint32_t i = 0; i < SENDERS; i++) {
    int status = -1;
    waitpid(processes[i], &status, 0);
    CHECK(status == 0 && next[i] == MESSAGES, "sender %u: %u messages, status %x", i, next[i], status);
  }
  if (!other) return;
  kill(other, SIGKILL);
  int status;
  waitpid(other, &status, 0);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the hostile one ended: %x", status);
}

static void test_kills(void) {
  static uint32_t victims_next[VICTIMS];
  int wrong = 0, lost = 0, more = 0;
  memset(victims_next, 0, sizeof victims_next);
  memset((void *)shared->acknowledged, 0, sizeof shared->acknowledged);
  for (uint32_t i = 0; i < VICTIMS; i++) {
    pid_t process = start(victim, i);
    while (!shared->acknowledged[i]) wrong += take(victims_next, 1, 50);
    struct timespec wait = {0, rand() % 3000000};
    nanosleep(&wait, 0);
    wrong += take(victims_next, 0, 50);
    /* It has room again, and sends. */
    struct timespec moment = {0, rand() % 8000};
    nanosleep(&moment, 0);
    kill(process, SIGKILL);
    waitpid(process, 0, 0);
    wrong += take(victims_next, 5, 100);
    if (victims_next[i] < shared->acknowledged[i]) lost++;
    if (victims_next[i] > shared->acknowledged[i] + 1) more++;
  }
  CHECK(wrong == 0, "%d messages are wrong", wrong);
  CHECK(lost == 0, "of %d victims messages are lost", lost);
  CHECK(more == 0, "of %d victims there are too many messages", more);
}

static void test_membership(void) {
  uint32_t self = vqueue_self();
  CHECK(self && vqueue_open((uint32_t)getpid()) == self, "the own endpoint");
  CHECK(vqueue_open(0) == 0 && vqueue_open(99999) == 0, "no such member");
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    struct vqueue_message message = {0};
    if (vqueue_self() || vqueue_try_send(self, &message) != -KIT_NO_MEMBER) _exit(1);
    join_or_die();
    if (!vqueue_self() || vqueue_self() == self) _exit(2);
    _exit(vqueue_try_send(self, &message) == 0 ? 0 : 3);
  }
  waitpid(child, &status, 0);
  CHECK(status == 0, "a child: %x", status);
  struct vqueue_message message = {0};
  CHECK(vqueue_try_receive(&message) == 0 && message.sender != self, "the message of a dead member");
  CHECK(vqueue_try_send(message.sender, &message) == -KIT_GONE, "a message to a dead member");
  CHECK(receive(&message, 10) == -KIT_TIMED_OUT, "a deadline");
}

/* A wait ends when a member leaves. */
static void test_death_wakes(void) {
  int hold[2];
  char byte = 0;
  if (pipe(hold)) _exit(104);
  pid_t child = fork();
  if (child == 0) {
    join_or_die();
    (void)!read(hold[0], &byte, 1);
    /* A wait that begins after the death is for the next change. */
    pause_milliseconds(200);
    kill(getpid(), SIGKILL);
  }
  struct vqueue_time deadline = after(5000);
  int32_t result = 0;
  while (!vqueue_open((uint32_t)child)) sched_yield();
  (void)!write(hold[1], &byte, 1);
  while (result != -KIT_TIMED_OUT && vqueue_open((uint32_t)child))
    result = vqueue_wait(~0u, &deadline);
  CHECK(result == 0 || result == -KIT_AGAIN, "no wake at the death: %d", (int)result);
  waitpid(child, 0, 0);
  close(hold[0]);
  close(hold[1]);
}

/* Fills its lane to the receiver, sleeps, and ends with the error of that. */
static void sleeping_sender(uint32_t number) {
  struct vqueue_message message;
  struct vqueue_time deadline = after(5000);
  int32_t result;
  join_or_die();
  fill(&message, 2000, number);
  shared->senders[number] = vqueue_self();
  do result = vqueue_try_send(shared->receiver, &message);
  while (result == 0 || result == -KIT_BUSY);
  shared->lane_is_full = 1;
  do result = vqueue_send(shared->receiver, &message, &deadline);
  while (result == -KIT_AGAIN);
  _exit(-result);
}

static pid_t start_sleeping_sender(void) {
  shared->lane_is_full = 0;
  pid_t process = start(sleeping_sender, 0);
  while (!shared->lane_is_full) sched_yield();
  pause_milliseconds(20);
  return process;
}

static void idle_receiver(uint32_t number) {
  (void)number;
  join_or_die();
  shared->receiver = vqueue_self();
  for (;;) pause();
}

/* A sender that waits for room is told when its receiver dies, or drops its messages. */
static void test_sleeping_senders(void) {
  int status = -1;
  shared->receiver = 0;
  pid_t receiver = start(idle_receiver, 0);
  while (!shared->receiver) sched_yield();
  pid_t process = start_sleeping_sender();
  kill(receiver, SIGKILL);
  waitpid(receiver, 0, 0);
  waitpid(process, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == KIT_GONE, "its receiver died: %x", status);

  shared->receiver = vqueue_self();
  process = start_sleeping_sender();
  int32_t result = vqueue_close(shared->senders[0]);
  waitpid(process, &status, 0);
  CHECK(result == 0 && status == 0, "messages were dropped: %d, %x", (int)result, status);
  struct vqueue_message message;
  CHECK(receive(&message, 100) == 0 && receive(&message, 10) == -KIT_TIMED_OUT,
      "not one message came after those that were dropped");
}

/* Sends messages of types that no receiver waits for, and one of a type that a receiver waits for. */
static void announcing_sender(uint32_t number) {
  struct vqueue_message message;
  struct vqueue_counts before, after;
  join_or_die();
  shared->senders[number] = vqueue_self();
  pause_milliseconds(50);
  for (uint32_t i = 0; i < 10; i++) {
    fill(&message, 10, i);
    if (send(&message)) _exit(107);
  }
  vqueue_counts(&before);
  pause_milliseconds(50);
  shared->has_announced = 1;
  fill(&message, 20, 10);
  if (send(&message)) _exit(108);
  vqueue_counts(&after);
  _exit(before.wakes ? 109 : after.wakes != 1 ? 110 : 0);
}

/* Who waits for a notification is woken by messages of its types only. */
static void test_notifications(void) {
  struct vqueue_message message;
  int status = -1;
  shared->senders[0] = 0;
  CHECK(vqueue_notify(20, 1) == 0 && vqueue_notify(30, 1) == 0, "types have a notification");
  pid_t process = start(announcing_sender, 0);
  while (!shared->senders[0]) sched_yield();
  struct vqueue_time deadline = after(5000);
  int32_t result;
  do result = vqueue_await(1, &deadline);
  while (result == -KIT_AGAIN);
  CHECK(result == 0 && shared->has_announced, "the notification: %d", (int)result);
  uint32_t count = 0;
  while (vqueue_try_receive(&message) == 0 && message.reply_type == count) count++;
  CHECK(count == 11 && message.type == 20, "%u messages", count);
  waitpid(process, &status, 0);
  CHECK(status == 0, "wakes without a sleeper: %x", status);
  CHECK(vqueue_notify(20, 0) == 0 && vqueue_notify(30, 0) == 0, "types without a notification");
}

static volatile uint32_t seen[2][MESSAGES], received;
static volatile int threads_wrong;

static void *sending_thread(void *type) {
  struct vqueue_message message;
  for (uint32_t n = 0; n < MESSAGES; n++) {
    fill(&message, (uint32_t)(uintptr_t)type, n);
    int32_t result;
    while ((result = vqueue_try_send(shared->receiver, &message)) == -KIT_FULL || result == -KIT_BUSY)
      sched_yield();
    if (result) _exit(105);
  }
  return 0;
}

/* What one thread receives of another one is in its order. */
static void *receiving_thread(void *unused) {
  struct vqueue_message message;
  struct vqueue_time end = after(10000);
  uint32_t least[2] = {0, 0};
  while (received < 2 * MESSAGES && after(0).seconds < end.seconds) {
    if (vqueue_try_receive(&message)) {
      sched_yield();
      continue;
    }
    uint32_t type = message.type, number = message.reply_type;
    if (!is_whole(&message) || type > 1 || number >= MESSAGES || number < least[type]) {
      __atomic_add_fetch(&threads_wrong, 1, __ATOMIC_RELAXED);
      continue;
    }
    least[type] = number + 1;
    __atomic_add_fetch(&seen[type][number], 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&received, 1, __ATOMIC_RELAXED);
  }
  return unused;
}

/* Two threads send and two receive, all on one lane, and none sleeps: they meet as often as can be. */
static void test_threads(void) {
  pthread_t thread;
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    join_or_die();
    if (pthread_create(&thread, 0, sending_thread, (void *)1)) _exit(106);
    sending_thread(0);
    pthread_join(thread, 0);
    _exit(0);
  }
  int error = pthread_create(&thread, 0, receiving_thread, 0);
  receiving_thread(0);
  if (!error) pthread_join(thread, 0);
  waitpid(child, &status, 0);
  int wrong = threads_wrong;
  for (uint32_t i = 0; i < 2 * MESSAGES; i++) wrong += seen[i / MESSAGES][i % MESSAGES] != 1;
  CHECK(wrong == 0 && !error, "of two threads, %d messages are wrong", wrong);
  CHECK(status == 0, "two threads that send: %x", status);
}

/* Kills members at random for `seconds`, while one writes nonsense. */
static void kill_for(int seconds) {
  struct vqueue_time end = after(0);
  int rounds = 0, status = -1;
  shared->hostile_pauses = 1;
  run_as(SCHED_FIFO, 50);
  pid_t other = start(run_hostile, 0);
  for (end.seconds += seconds; after(0).seconds < end.seconds && !failures; rounds++) test_kills();
  kill(other, SIGKILL);
  waitpid(other, &status, 0);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the hostile one ended: %x", status);
  printf("killed %d members in %d s\n", rounds * VICTIMS, seconds);
}

int main(int count, char **arguments) {
  char text[160];
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  enum kit_error error = vqueue_kit_bind_writer();
  vqueue_kit_explain(error, text, sizeof text);
  CHECK(error == KIT_NO_ERROR, "%s", text);
  if (failures) return verdict("queue");
  shared->receiver = vqueue_self();
  srand(3);
  if (count > 1) {
    kill_for(atoi(arguments[1]));
    return verdict("kills");
  }
  test_membership();
  test_death_wakes();
  test_sleeping_senders();
  test_notifications();
  test_threads();
  test_senders(0);
  test_kills();
  test_senders(1);
  return verdict("queue");
}
