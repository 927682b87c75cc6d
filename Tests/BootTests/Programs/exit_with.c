// SPDX-License-Identifier: Apache-2.0
/* Ends with the status that its first argument says, or by the signal that the second says. */
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc > 2) raise(atoi(argv[2]));
  return argc > 1 ? atoi(argv[1]) : 0;
}
