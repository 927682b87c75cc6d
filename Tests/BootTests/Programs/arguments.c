// SPDX-License-Identifier: Apache-2.0
/* Prints its arguments, its name first, one to a line and in brackets. */
#include <stdio.h>

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
  return argv[argc] ? 1 : 0;
}
