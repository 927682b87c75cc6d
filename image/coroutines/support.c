// SPDX-License-Identifier: Apache-2.0
/* Threads, futexes and stacks for the coroutines. */
#define _GNU_SOURCE
#include "coroutines.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { GUARD = 4096, SAVED_WORDS = 26 };

/* Of linux/futex.h, which musl does not have: FUTEX_PRIVATE_FLAG and the operation. */
enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 };

void *coroutine_prepare(void *top, void (*entry)(void)) {
  uint32_t *stack = (uint32_t *)((uintptr_t)top & ~(uintptr_t)7) - SAVED_WORDS;
  memset(stack, 0, SAVED_WORDS * sizeof *stack);
  stack[SAVED_WORDS - 1] = (uint32_t)(uintptr_t)entry; /* pc, above d8-d15 and r3-r11 */
  return stack;
}

static __thread struct coroutine_worker self = {.current = -1, .ended = -1, .published = 32};

__attribute__((noinline)) struct coroutine_worker *coroutine_self(void) {
  __asm__ volatile("" ::: "memory");
  return &self;
}

void coroutine_sleep(uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, WAIT_PRIVATE, value, NULL);
}

void coroutine_wake(uint32_t *word, int count) {
  syscall(SYS_futex, word, WAKE_PRIVATE, count);
}

uint32_t coroutine_lock_word;

void coroutine_await_lock(void) {
  while (__atomic_exchange_n(&coroutine_lock_word, 2, __ATOMIC_ACQUIRE) != 0)
    coroutine_sleep(&coroutine_lock_word, 2);
}

struct start {
  void (*entry)(int32_t);
  int32_t argument;
};

static void *run(void *start) {
  struct start own = *(struct start *)start;
  free(start);
  own.entry(own.argument);
  return NULL;
}

int coroutine_start(void (*entry)(int32_t), int32_t argument) {
  struct start *start = malloc(sizeof *start);
  pthread_t thread;
  if (!start) return ENOMEM;
  *start = (struct start){entry, argument};
  int error = pthread_create(&thread, NULL, run, start);
  if (error)
    free(start);
  else
    pthread_detach(thread);
  return error;
}

void *coroutine_map_stack(size_t size) {
  char *stack = mmap(NULL, GUARD + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return NULL;
  if (mprotect(stack, GUARD, PROT_NONE)) {
    munmap(stack, GUARD + size);
    return NULL;
  }
  return stack + GUARD;
}

void coroutine_unmap_stack(void *stack, size_t size) {
  munmap((char *)stack - GUARD, GUARD + size);
}

uint64_t coroutine_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
