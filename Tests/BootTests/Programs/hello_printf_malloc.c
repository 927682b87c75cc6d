// SPDX-License-Identifier: Apache-2.0
/* The least that a stock musl program does: stdio, malloc from bytes to megabytes, free, exit.
 *
 * Small blocks come from brk, large ones from mmap2 and return by munmap; all are written and read
 * back, so that a page given twice shows.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"

enum { BLOCKS = 64, LARGEST = 4 << 20 };

/* A pattern of its own for each block, down to the byte. */
static uint8_t pattern(int block, size_t at) {
  return (uint8_t)(block * 37 + at * 11 + (at >> 12));
}

static size_t size_of(int block) {
  size_t size = (size_t)1 << block % 22;
  return size + (size_t)block;
}

static void fill_and_compare(void) {
  uint8_t *blocks[BLOCKS] = {0};
  for (int i = 0; i < BLOCKS; i++) {
    size_t size = size_of(i);
    blocks[i] = malloc(size);
    CHECK(blocks[i], "malloc(%zu)", size);
    for (size_t at = 0; blocks[i] && at < size; at += 61) blocks[i][at] = pattern(i, at);
  }
  for (int i = 0; i < BLOCKS; i++) {
    int wrong = 0;
    for (size_t at = 0; blocks[i] && at < size_of(i); at += 61)
      wrong += blocks[i][at] != pattern(i, at);
    CHECK(wrong == 0, "block %d holds %d bytes that are not its own", i, wrong);
    free(blocks[i]);
  }
}

int main(int argc, char **argv) {
  printf("hello, %s, with %d arguments\n", argc ? argv[0] : "(none)", argc - 1);
  for (int round = 0; round < 3; round++) fill_and_compare();

  uint8_t *fresh = calloc(1, LARGEST);
  int dirty = 0;
  for (size_t at = 0; fresh && at < LARGEST; at += 64) dirty += fresh[at] != 0;
  CHECK(fresh && !dirty, "calloc: %d bytes are not zero", dirty);
  fresh = realloc(fresh, LARGEST + LARGEST / 2);
  CHECK(fresh, "realloc to %d", LARGEST + LARGEST / 2);
  free(fresh);

  void *huge = mmap(0, 0xc0000000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(huge == MAP_FAILED && errno == ENOMEM, "three gigabytes were given");
  char text[64];
  snprintf(text, sizeof text, "%5.2f|%-4d|%08x|%s", 3.14159, 42, 0xbeefu, "end");
  CHECK(!strcmp(text, " 3.14|42  |0000beef|end"), "printf: %s", text);
  return verdict("hello_printf_malloc");
}
