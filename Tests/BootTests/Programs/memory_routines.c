// SPDX-License-Identifier: Apache-2.0
// The kernel's own memory routines (memory.S and user_copy.S of Sources/PortARMv7AAssembly), linked into a
// program instead of libc's: each length, alignment and overlap is compared with a copy byte by byte.
#include <stdio.h>

void *memmove(void *, const void *, unsigned);
void *memset(void *, int, unsigned);
void __aeabi_memclr(void *, unsigned);
void port_zero_page(void *);
_Bool port_copy_in(void *, const void *, unsigned);
_Bool port_copy_out(void *, const void *, unsigned);
unsigned port_copy_string(void *, const void *, unsigned);

enum { ROOM = 512, EDGE = 64 };
static unsigned char ours[ROOM], wanted[ROOM], page[3 * 4096] __attribute__((aligned(4096)));
static unsigned checks, failures;

static void fill(void) {
  for (unsigned i = 0; i < ROOM; i++) ours[i] = wanted[i] = (unsigned char)(i * 7 + 1);
}

static void compare(const char *what, unsigned to, unsigned from, unsigned count) {
  checks++;
  for (unsigned i = 0; i < ROOM; i++)
    if (ours[i] != wanted[i]) {
      failures++;
      printf("%s to %u from %u, %u bytes: byte %u\n", what, to, from, count, i);
      return;
    }
}

static void set(unsigned to, unsigned count) {
  fill();
  for (volatile unsigned i = 0; i < count; i++) wanted[to + i] = 0xa5;
  if (memset(ours + to, 0xfa5, count) != ours + to) failures++;
  compare("memset", to, 0, count);
  fill();
  for (volatile unsigned i = 0; i < count; i++) wanted[to + i] = 0;
  __aeabi_memclr(ours + to, count);
  compare("memclr", to, 0, count);
}

static void move(unsigned to, unsigned from, unsigned count) {
  static unsigned char copy[ROOM];
  fill();
  for (volatile unsigned i = 0; i < count; i++) copy[i] = ours[from + i];
  for (volatile unsigned i = 0; i < count; i++) wanted[to + i] = copy[i];
  if (memmove(ours + to, ours + from, count) != ours + to) failures++;
  compare("memmove", to, from, count);
}

static void copy(unsigned to, unsigned from, unsigned count) {
  fill();
  for (volatile unsigned i = 0; i < count; i++) wanted[to + i] = wanted[from + i];
  if (!port_copy_in(ours + to, ours + from, count)) failures++;
  compare("copy in", to, from, count);
  fill();
  for (volatile unsigned i = 0; i < count; i++) wanted[to + i] = wanted[from + i];
  if (!port_copy_out(ours + to, ours + from, count)) failures++;
  compare("copy out", to, from, count);
}

// A string of `length` bytes in a buffer of `room`: nothing after the zero or the room may be touched.
static void string(unsigned to, unsigned length, unsigned room) {
  unsigned from = 300, whole = length < room;
  fill();
  for (unsigned i = 0; i < length; i++) ours[from + i] = wanted[from + i] = 'x';
  ours[from + length] = wanted[from + length] = 0;
  for (volatile unsigned i = 0; i < (whole ? length + 1 : room); i++) wanted[to + i] = wanted[from + i];
  if (port_copy_string(ours + to, ours + from, room) != (whole ? length : room) + 1) failures++;
  compare("string", to, room, length);
}

int main(void) {
  for (unsigned count = 0; count < 140; count++)
    for (unsigned to = EDGE; to < EDGE + 5; to++) {
      set(to, count);
      for (unsigned from = EDGE; from < EDGE + 5; from++) move(to, from, count);
      move(to, 260, count);
      move(to, EDGE + 40, count);
      move(to + 36, EDGE, count);
      copy(to, 300, count);
      copy(to, 301, count);
    }
  for (unsigned to = EDGE; to < EDGE + 4; to++)
    for (unsigned length = 0; length < 20; length++)
      for (unsigned room = 0; room < 20; room++) string(to, length, room);
  for (unsigned i = 0; i < sizeof page; i++) page[i] = 1;
  port_zero_page(page + 4096);
  for (unsigned i = 0; i < sizeof page; i++) failures += page[i] != (i / 4096 != 1);
  printf("memory_routines: %u checks, %u failed\n", checks, failures);
  return failures != 0;
}
