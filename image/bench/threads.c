// SPDX-License-Identifier: Apache-2.0
/* The default program of `make trace`: two threads that compute, two that pass a token to each
 * other by a mutex and a condition variable, and one that sleeps periodically.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

enum { HANDOVERS = 20, SLEEPS = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int token;

static void *compute(void *name) {
  prctl(PR_SET_NAME, name);
  for (volatile int i = 0; i < 2000000; i++) {}
  return 0;
}

static void *hand_over(void *name) {
  int mine = *(char *)name == 'b';
  prctl(PR_SET_NAME, name);
  for (int i = 0; i < HANDOVERS; i++) {
    pthread_mutex_lock(&lock);
    while (token % 2 != mine) pthread_cond_wait(&changed, &lock);
    token++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    for (volatile int k = 0; k < 20000; k++) {}
  }
  return 0;
}

static void *sleep_often(void *name) {
  prctl(PR_SET_NAME, name);
  for (int i = 0; i < SLEEPS; i++) nanosleep(&(struct timespec){0, 2000000}, 0);
  return 0;
}

int main(void) {
  static const struct { void *(*run)(void *); const char *name; } all[] = {
      {compute, "compute-1"}, {compute, "compute-2"}, {hand_over, "a-hand-over"},
      {hand_over, "b-hand-over"}, {sleep_often, "sleeper"}};
  enum { COUNT = sizeof all / sizeof all[0] };
  pthread_t threads[COUNT];
  for (int i = 0; i < COUNT; i++)
    if (pthread_create(&threads[i], 0, all[i].run, (void *)all[i].name)) return 1;
  for (int i = 0; i < COUNT; i++) pthread_join(threads[i], 0);
  printf("%d hand-overs\n", token);
  return token != 2 * HANDOVERS;
}
