// SPDX-License-Identifier: Apache-2.0
/* Prints /proc/self/maps, and where a mapping without a wish goes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(void) {
  char *heap = malloc(100);
  char *place = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FILE *file = fopen("/proc/self/maps", "r");
  static char line[300];
  if (!heap || !file || place == MAP_FAILED) return 1;
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  printf("%08x- mmap\n", (unsigned)(uintptr_t)place);
  return 0;
}
