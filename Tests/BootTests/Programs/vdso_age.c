// SPDX-License-Identifier: Apache-2.0
/* The age of the time page, by /proc/vdso: at most a tick after work, system calls, or a sleep in which the
 * machine was idle. A tick is 1 ms; writing the file takes time.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static unsigned long age(void) {
  char text[1024];
  int file = open("/proc/vdso", O_RDONLY);
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  char *line = strstr(text, "age: ");
  CHECK(line, "no age in\n%s", text);
  return line ? strtoul(line + 5, 0, 10) : 0;
}

int main(void) {
  unsigned long longest = 0, shortest = -1ul;
  for (int i = 0; i < 300; i++) {
    struct timespec pause = {0, i % 3 == 0 ? 7300000 : 0};
    if (pause.tv_nsec) nanosleep(&pause, 0);
    for (volatile int spin = 0; spin < i * 500; spin++) {}
    unsigned long now = age();
    if (now > longest) longest = now;
    if (now < shortest) shortest = now;
  }
  CHECK(longest <= 1000000, "%lu ns", longest);
  CHECK(longest > 500000 && shortest < 500000, "not an age: %lu to %lu ns", shortest, longest);
  return verdict("vdso_age");
}
