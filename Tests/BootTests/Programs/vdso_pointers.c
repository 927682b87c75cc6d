// SPDX-License-Identifier: Apache-2.0
/* Every function of the vDSO with pointers of all kinds: results and stored values are those of the system call,
 * and the caller's registers and stack are unchanged. Without a vDSO the system call answers both times, with
 * the same output. On Linux, whose vDSO faults instead of returning EFAULT, it passes without one.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { GETTIMEOFDAY = 78, GETTIME = 263, GETRES = 264, GETCPU = 345, GETTIME64 = 403, GETRES64 = 406 };
enum { PAGE = 4096 };

/* Calls a function of two arguments and returns its result, or 77 if r4 to r11 or the stack have changed. Once
 * as A32, once as T32 code, because the return must restore the state. */
#define KEEPS(name, state, kind)                                                                    \
  __asm__(".text\n\t.syntax unified\n\t" state "\n\t.balign 4\n\t.type " name ", %function\n" name  \
          ":\n\tpush {r4-r11, lr}\n\tsub sp, #4\n\tmov r12, r0\n\tmov r0, r1\n\tmov r1, r2\n\t"     \
          "mov r2, #0\n\tmov r4, #0x44\n\tmov r5, #0x55\n\tmov r6, #0x66\n\tmov r7, #0x77\n\t"      \
          "mov r8, #0x88\n\tmov r9, #0x99\n\tmov r10, #0xaa\n\tmov r11, sp\n\tblx r12\n\t"          \
          "cmp r4, #0x44\n\tbne 1f\n\tcmp r5, #0x55\n\tbne 1f\n\tcmp r6, #0x66\n\tbne 1f\n\t"       \
          "cmp r7, #0x77\n\tbne 1f\n\tcmp r8, #0x88\n\tbne 1f\n\tcmp r9, #0x99\n\tbne 1f\n\t"       \
          "cmp r10, #0xaa\n\tbne 1f\n\tcmp r11, sp\n\tbeq 2f\n1:\tmov r0, #77\n2:\tadd sp, #4\n\t"  \
          "pop {r4-r11, pc}\n\t" kind)
typedef int two(uintptr_t first, void *second);
int keep_arm(two *function, uintptr_t first, void *second);
int keep_thumb(two *function, uintptr_t first, void *second);
KEEPS("keep_arm", ".arm", "");
KEEPS("keep_thumb", ".thumb\n\t.thumb_func", ".arm");

static int by_call(int number, uintptr_t first, void *second) {
  long result = syscall(number, first, second, 0);
  return result < 0 ? -errno : (int)result;
}

static int ask(two *function, int number, uintptr_t first, void *second) {
  if (!function) return by_call(number, first, second);
  static unsigned count;
  return ++count & 1 ? keep_arm(function, first, second) : keep_thumb(function, first, second);
}

static const struct call { const char *name; int number, ids[10]; int size; } calls[] = {
    {"__vdso_clock_gettime64", GETTIME64, {0, 1, 2, 3, 4, 5, 6, 7, 11, 17}, 16},
    {"__vdso_clock_gettime", GETTIME, {0, 1, 2, 3, 4, 5, 6, 7, 11, 17}, 8},
    {"__vdso_clock_getres_time64", GETRES64, {0, 1, 2, 3, 4, 5, 6, 7, 11, 17}, 16},
    {"__vdso_clock_getres", GETRES, {0, 1, 2, 3, 4, 5, 6, 7, 11, 17}, 8},
};

static char *pages, *readable; /* two pages with nothing around the first's end; one to read */

/* Which parts were stored: seconds are 0 or more and differ from the fill pattern. */
static int written(const char *buffer, int size) {
  int words = 0;
  for (int i = 0; i < size; i += 4) {
    uint32_t word;
    memcpy(&word, buffer + i, 4);
    words += word != 0xa5a5a5a5;
  }
  return words;
}

static void try_all(const char *kind, uintptr_t pointer, int is_good) {
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    printf("%s, %s:", kind, calls[i].name + 7);
    for (int j = 0; j < 10; j++) {
      two *function = (two *)vdso_symbol(calls[i].name);
      char *buffer = (char *)pointer;
      if (is_good) memset(buffer, 0xa5, calls[i].size);
      int expected = by_call(calls[i].number, calls[i].ids[j], buffer);
      int words = is_good ? written(buffer, calls[i].size) : 0;
      if (is_good) memset(buffer, 0xa5, calls[i].size);
      int result = ask(function, calls[i].number, calls[i].ids[j], buffer);
      CHECK(result == expected, "%s(%d, %s): %d, not %d", calls[i].name, calls[i].ids[j], kind,
            result, expected);
      if (is_good) CHECK(written(buffer, calls[i].size) == words, "%s: %s", calls[i].name, kind);
      printf(" %d", result);
    }
    puts("");
  }
  two *day = (two *)vdso_symbol("__vdso_gettimeofday");
  uint32_t zone[2] = {9, 9}, cpu = 7, node = 7;
  int expected = by_call(GETTIMEOFDAY, pointer, 0);
  int result = ask(day, GETTIMEOFDAY, pointer, 0), both = ask(day, GETTIMEOFDAY, pointer, zone);
  CHECK(result == expected && both == expected, "gettimeofday(%s): %d, %d", kind, result, both);
  result = ask(day, GETTIMEOFDAY, 0, (void *)pointer);
  CHECK(result == by_call(GETTIMEOFDAY, 0, (void *)pointer), "zone in %s: %d", kind, result);
  two *where = (two *)vdso_symbol("__vdso_getcpu");
  expected = by_call(GETCPU, pointer, &node);
  result = ask(where, GETCPU, pointer, &node);
  CHECK(result == expected, "getcpu(%s): %d, not %d", kind, result, expected);
  expected = by_call(GETCPU, (uintptr_t)&cpu, (void *)pointer);
  result = ask(where, GETCPU, (uintptr_t)&cpu, (void *)pointer);
  CHECK(result == expected && cpu == 0, "getcpu(, %s): %d, not %d", kind, result, expected);
  printf("%s others: %d\n", kind, result);
}

/* There is no such system call; NULL is allowed, and a bad pointer is EFAULT. */
static void try_time(const char *kind, uintptr_t pointer, int is_good) {
  two *seconds = (two *)vdso_symbol("__vdso_time");
  if (!seconds) return;
  int result = ask(seconds, 0, pointer, 0);
  if (!is_good) CHECK(result == -EFAULT, "time(%s): %d", kind, result);
  if (is_good) CHECK(result >= 0 && !memcmp(&result, (char *)pointer, 4), "time(%s): %d", kind, result);
  two *liteos = (two *)vdso_symbol("VdsoClockGettime");
  result = ask(liteos, 0, 1, (void *)pointer);
  CHECK(result == (is_good ? 0 : -EFAULT), "VdsoClockGettime(%s): %d", kind, result);
}

static void try(const char *kind, const void *pointer, int is_good) {
  try_all(kind, (uintptr_t)pointer, is_good);
  if (pointer) try_time(kind, (uintptr_t)pointer, is_good);
}

int main(void) {
  pages = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  readable = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 2 * PAGE, PAGE);
  mprotect(pages, PAGE, PROT_NONE);
  char *end = pages + 2 * PAGE;
  try("NULL", 0, 0);
  try("near NULL", (void *)5, 0);
  try("kernel", (void *)0x80010000, 0);
  try("top", (void *)0xfffffffc, 0);
  try("the last byte", (void *)0x7fffffff, 0);
  try("unmapped", end, 0);
  try("no access", pages, 0);
  try("read-only", readable, 0);
  try("code", (void *)(uintptr_t)main, 0);
  uintptr_t image = getauxval(AT_SYSINFO_EHDR);
  try("the image", image ? (void *)image : readable, 0);
  try("its page", image ? (void *)(image - PAGE) : readable, 0);
  try("into what is unmapped", end - 3, 0);
  try("out of no access", pages + PAGE - 2, 0);
  char room[32] __attribute__((aligned(8)));
  for (int i = 0; i < 8; i++) try("odd", room + i, 1);
  try("to the end", end - 16, 1);
  try("a new page", pages + PAGE, 1);
  /* A time of 16 bytes does not fit there, one of 8 does; in the middle of a store of several. */
  two *wide = (two *)vdso_symbol(calls[0].name), *narrow = (two *)vdso_symbol(calls[1].name);
  for (int before = 1; before <= 16; before++) {
    CHECK(ask(wide, GETTIME64, 1, end - before) == (before < 16 ? -EFAULT : 0), "%d", before);
    CHECK(ask(narrow, GETTIME, 1, end - before) == (before < 8 ? -EFAULT : 0), "%d", before);
  }
  return verdict("vdso_pointers");
}
