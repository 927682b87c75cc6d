// SPDX-License-Identifier: Apache-2.0
/* The C library's mutexes with PTHREAD_PRIO_INHERIT: every line as on Linux 6.1, with musl and with glibc. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "futexes.h"

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static int ready;

static void *wait_ready(void *unused) {
  pthread_mutex_lock(&mutex);
  while (!ready) pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
  return 0;
}
static void *die(void *unused) {
  pthread_mutex_lock(&mutex);
  usleep(20000);
  return 0;
}
static void *try_it(void *unused) { return (void *)(intptr_t)pthread_mutex_trylock(&mutex); }
static void *timed(void *unused) {
  struct timespec soon = in(CLOCK_REALTIME, 20);
  return (void *)(intptr_t)pthread_mutex_timedlock(&mutex, &soon);
}
static int in_thread(void *(*body)(void *)) {
  pthread_t thread;
  void *result;
  pthread_create(&thread, 0, body, 0);
  pthread_join(thread, &result);
  return (int)(intptr_t)result;
}

static void mutexes(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  printf("inherit: %d\n", pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
  for (int is_robust = 0; is_robust < 2; is_robust++)
    for (int type = 0; type < 3; type++) {
      pthread_t threads[3];
      pthread_mutexattr_settype(&attributes, type);
      pthread_mutexattr_setrobust(&attributes, is_robust);
      pthread_mutex_init(&mutex, &attributes);
      printf("robust %d type %d:", is_robust, type);
      printf(" lock %d", pthread_mutex_lock(&mutex));
      printf(" again %d", type == PTHREAD_MUTEX_ERRORCHECK ? pthread_mutex_lock(&mutex) : pthread_mutex_trylock(&mutex));
      if (type == PTHREAD_MUTEX_RECURSIVE) pthread_mutex_unlock(&mutex);
      printf(" try %d timed %d", in_thread(try_it), in_thread(timed));
      printf(" unlock %d", pthread_mutex_unlock(&mutex));
      ready = 0;
      for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, wait_ready, 0);
      usleep(30000);
      pthread_mutex_lock(&mutex);
      ready = 1;
      pthread_cond_broadcast(&condition);
      pthread_mutex_unlock(&mutex);
      for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
      if (is_robust) {
        pthread_create(&threads[0], 0, die, 0);
        usleep(10000);
        printf(" died %d", pthread_mutex_lock(&mutex));
        pthread_join(threads[0], 0);
        printf(" consistent %d unlock %d", pthread_mutex_consistent(&mutex), pthread_mutex_unlock(&mutex));
        pthread_create(&threads[0], 0, die, 0);
        pthread_join(threads[0], 0);
        printf(" died %d unlock %d", pthread_mutex_trylock(&mutex), pthread_mutex_unlock(&mutex));
        printf(" lost %d", pthread_mutex_lock(&mutex));
      }
      printf(" destroy %d\n", pthread_mutex_destroy(&mutex));
    }
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  mutexes();
  return 0;
}
