// SPDX-License-Identifier: Apache-2.0
/* Runs beside the C code of the test kernel, and ends the machine when that has no task `test` any
 * more. The C code reads the same arguments. With a first one other than 0, it ends the machine
 * itself, and this program does nothing. `show` as the second one makes this program print
 * /proc/tasks and /proc/interrupts while the C code runs. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char text[1 << 16];

static void read_file(const char *path) {
  int file = open(path, O_RDONLY);
  ssize_t count = 0, n;
  while ((n = read(file, text + count, sizeof text - 1 - (size_t)count)) > 0) count += n;
  close(file);
  text[count] = 0;
}

static bool test_runs(void) {
  read_file("/proc/tasks");
  return strstr(text, " test ") != NULL;
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "0"))
    for (;;) pause();
  bool shows = count > 2 && !strcmp(arguments[2], "show");
  while (test_runs()) {
    if (shows) {
      fputs(text, stdout);
      read_file("/proc/interrupts");
      fputs(text, stdout);
      fflush(stdout);
      shows = false;
    }
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
  return 0;
}
