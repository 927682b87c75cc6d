// SPDX-License-Identifier: Apache-2.0
/* For programs that print the answers of system calls, which a test compares with those of Linux. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
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

/* Runs `body` in a child, and prints its status if it is not 0. */
__attribute__((unused)) static void run_in_child(void (*body)(void)) {
  int status;
  waitpid(child(body), &status, 0);
  if (status) printf("  status %x\n", status);
}

/* Reads a file as a string, as far as there is room. */
__attribute__((unused)) static void read_text(const char *path, char *text, size_t room) {
  int file = open(path, O_RDONLY);
  ssize_t count = 0, got;
  while ((got = read(file, text + count, room - 1 - count)) > 0) count += got;
  text[count] = 0;
  close(file);
}

#endif
