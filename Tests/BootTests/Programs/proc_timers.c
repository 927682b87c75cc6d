// SPDX-License-Identifier: Apache-2.0
/* One process takes all timers that it gets; another one still has its own: setitimer's three and, as POSIX
 * wants, 32 of timer_create. Passes on Linux 6.1. */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static int take(int most) {
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  timer_t timer;
  int number = 0;
  while (number < most && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) number++;
  return number;
}

int main(void) {
  CHECK(take(1000) >= 32, "timers of the first");
  pid_t child = fork();
  if (!child) {
    struct itimerval late = {{0, 0}, {1000, 0}};
    for (int kind = 0; kind < 3; kind++) CHECK(setitimer(kind, &late, 0) == 0, "setitimer %d", kind);
    int number = take(32);
    CHECK(number == 32, "%d of 32 timers", number);
    _exit(verdict("the other"));
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "%x", status);
  return verdict("proc_timers");
}
