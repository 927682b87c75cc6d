// SPDX-License-Identifier: Apache-2.0
/* The benchmark figures of the kit vqueue, read by tools/bench as those of figures.c: messages of 64
 * bytes, sent and received without a sleeper, and to and fro between two processes that sleep. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "vqueue_kit.h"

enum { ROUNDS = 1024 };

/* The least counter units that `run` takes in a few tries. */
static uint64_t least_of(uint64_t (*run)(uint32_t), uint32_t endpoint) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; i++) {
    uint64_t took = run(endpoint);
    if (took < least) least = took;
  }
  return least;
}

/* A process is its own peer: the code and the pages are as for another one. */
static uint64_t send_and_receive(uint32_t endpoint) {
  struct vqueue_message message = {.type = 1};
  uint64_t begun = stamp();
  for (int i = 0; i < ROUNDS; i++)
    if (vqueue_try_send(endpoint, &message) || vqueue_try_receive(&message)) return UINT64_MAX;
  return stamp() - begun;
}

static int32_t receive(struct vqueue_message *message) {
  int32_t result;
  do result = vqueue_receive(message, 0);
  while (result == -KIT_AGAIN);
  return result;
}

static void answer(void) {
  struct vqueue_message message;
  if (vqueue_kit_bind_writer() != KIT_NO_ERROR) _exit(1);
  message.type = 0;
  if (vqueue_try_send(vqueue_open((uint32_t)getppid()), &message)) _exit(2);
  while (receive(&message) == 0 && message.type)
    if (vqueue_try_send(message.sender, &message)) _exit(3);
  _exit(0);
}

static uint64_t round_trips(uint32_t endpoint) {
  struct vqueue_message message = {.type = 1};
  uint64_t begun = stamp();
  for (int i = 0; i < ROUNDS; i++)
    if (vqueue_try_send(endpoint, &message) || receive(&message)) return UINT64_MAX;
  return stamp() - begun;
}

static void figure(const char *name, uint64_t took) {
  printf("%s %.1f\n", name, (double)took * INSTRUCTIONS_PER_COUNT / ROUNDS);
}

int main(void) {
  struct vqueue_message message = {0};
  char text[160];
  enum kit_error error = vqueue_kit_bind_writer();
  if (error != KIT_NO_ERROR) {
    vqueue_kit_explain(error, text, sizeof text);
    puts(text);
    return 1;
  }
  figure("queue_pair", least_of(send_and_receive, vqueue_self()));
  if (fork() == 0) answer();
  if (receive(&message)) return 1;
  figure("queue_round_trip", least_of(round_trips, message.sender));
  uint32_t child = message.sender;
  message.type = 0;
  if (vqueue_try_send(child, &message)) return 1;
  wait(0);
  return 0;
}
