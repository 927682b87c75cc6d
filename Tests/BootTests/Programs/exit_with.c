// SPDX-License-Identifier: Apache-2.0
/* Exits with the status in its first argument, or by the signal in the second. */
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc > 2) raise(atoi(argv[2]));
  return argc > 1 ? atoi(argv[1]) : 0;
}
