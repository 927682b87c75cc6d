// SPDX-License-Identifier: Apache-2.0
/* The queue under ThreadSanitizer (`tools/build-kit --races`): a member sends to itself, from some threads to some
 * others. Volatile accesses are atomic for the sanitizer and order nothing; the bodies of messages are ordinary
 * memory, so a body that no barrier or lock protects is a race. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "vqueue_image.h"

enum { SENDERS = 3, RECEIVERS = 2, MESSAGES = 2000 };

/* The parts of the group, one behind the other. */
static struct {
  _Alignas(4096) struct kit_members kernel;
  _Alignas(4096) struct kit_member own;
  _Alignas(4096) struct vqueue_member member;
} group;
void *kit_host_pages[4] = {&group.kernel, &group.own, 0, &group.member};
static uint32_t fences, received;

/* A barrier: a change of one word, which comes after the last change of it and all before that. Some are late, so
 * that another thread meets what is done before them. */
void kit_host_fence(void) {
  static _Thread_local uint32_t dice = 1;
  dice = dice * 1664525 + 1013904223;
  if (dice >> 29 == 0) sched_yield();
  __atomic_fetch_add(&fences, 1, __ATOMIC_ACQ_REL);
}

/* What the sanitizer calls at volatile accesses (-tsan-distinguish-volatile). */
#define VOLATILE(size)                                              \
  void __tsan_volatile_read##size(void *address) { (void)address; } \
  void __tsan_volatile_write##size(void *address) { (void)address; }
VOLATILE(1) VOLATILE(2) VOLATILE(4) VOLATILE(8)

/* The kernel's answer to a wait is that the bell was rung, so a thread looks again. */
int32_t vqueue_call(uint32_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f) {
  (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
  sched_yield();
  return number == 422 ? -11 : 0;
}

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  abort();
}

/* Sends messages whose type is the thread's number. */
static void *send_all(void *argument) {
  uint32_t thread = (uint32_t)(uintptr_t)argument;
  for (uint32_t number = 0; number < MESSAGES; number++) {
    struct vqueue_message message = {.type = thread, .reply_type = number};
    for (uint32_t i = 0; i < 16; i++) message.body[i] = number + i;
    int32_t result;
    do result = vqueue_send(vqueue_self(), &message, 0);
    while (result == -KIT_AGAIN);
    if (result) fail("a message was not sent");
  }
  return 0;
}

/* Receives messages until all have arrived; those of a thread in their order. */
static void *receive_all(void *argument) {
  uint32_t next[SENDERS] = {0};
  while (__atomic_load_n(&received, __ATOMIC_RELAXED) < SENDERS * MESSAGES) {
    struct vqueue_message message;
    int32_t result = vqueue_try_receive(&message);
    if (result == -KIT_EMPTY) vqueue_wait(~0u, 0);
    if (result == -KIT_EMPTY || result == -KIT_BUSY) continue;
    if (result || message.type >= SENDERS || message.reply_type < next[message.type])
      fail("a message is out of order or there twice");
    next[message.type] = message.reply_type + 1;
    for (uint32_t i = 0; i < 16; i++)
      if (message.body[i] != message.reply_type + i) fail("a message is torn");
    __atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
  }
  return argument;
}

int main(void) {
  pthread_t threads[SENDERS + RECEIVERS];
  group.kernel.generations[0] = 1;
  group.kernel.processes[0] = 100;
  group.kernel.joined = 1;
  group.own = (struct kit_member){.slot = 1, .generation = 1};
  for (uintptr_t i = 0; i < SENDERS + RECEIVERS; i++)
    if (pthread_create(&threads[i], 0, i < SENDERS ? send_all : receive_all, (void *)i)) fail("no thread");
  for (int i = 0; i < SENDERS + RECEIVERS; i++) pthread_join(threads[i], 0);
  return 0;
}
