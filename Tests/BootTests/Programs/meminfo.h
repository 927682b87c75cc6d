// SPDX-License-Identifier: Apache-2.0
/* Texts of /proc without stdio, which needs memory of its own. */
#ifndef MEMINFO_H
#define MEMINFO_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file's first 4,095 bytes, good until the next call. */
static char *read_file(const char *path) {
  static char text[4096];
  int file = open(path, O_RDONLY);
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count < 0 ? 0 : count] = 0;
  return text;
}

/* Free memory in KiB; -1 if it is not reported. */
static long free_kib(void) {
  char *line = strstr(read_file("/proc/meminfo"), "MemFree:");
  return line ? strtol(line + 8, NULL, 10) : -1;
}

/* A counter of the running process; -1 on other systems, where nothing is compared. */
static long counter(const char *name) {
  char *line = strstr(read_file("/proc/self/counters"), name);
  return line ? strtol(line + strlen(name), NULL, 10) : -1;
}

#endif
