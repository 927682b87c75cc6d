// SPDX-License-Identifier: Apache-2.0
/* For programs that print the answers of system calls, which a test compares with those of Linux. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Prints the call, its result and its errno, or 0 if it succeeded. */
#define SAY(call)                                                     \
  do {                                                                \
    errno = 0;                                                        \
    long answer = (long)(call);                                       \
    printf("%s = %ld %d\n", #call, answer, answer == -1 ? errno : 0); \
  } while (0)

/* Starts a child that runs `body` and exits with status 0. */
__attribute__((unused)) static pid_t child(void (*body)(void)) {
  fflush(stdout);
  pid_t made = fork();
  if (!made) {
    body();
    fflush(stdout);
    _exit(0);
  }
  return made;
}

#endif
