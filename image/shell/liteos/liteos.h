// SPDX-License-Identifier: Apache-2.0
/* The C interface of LiteOS's shell commands: musl's headers, and where to print errors. */
#ifndef LITEOS_COMMANDS_H
#define LITEOS_COMMANDS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints a line on standard error. */
static inline void print_error(const char *text) { fprintf(stderr, "%s\n", text); }

/* The next name in a directory; null at its end. */
static inline const char *next_name(DIR *directory) {
  struct dirent *entry = readdir(directory);
  return entry ? entry->d_name : NULL;
}

#endif
