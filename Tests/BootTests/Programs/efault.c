// SPDX-License-Identifier: Apache-2.0
/* Every call that takes a pointer returns EFAULT for one that does not point into the program's own
 * memory: too low, unmapped, inaccessible, the kernel's, the end of the address space, and a structure
 * whose second half is missing. Memory that the call writes must be writable.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

enum {
  AT_CWD = -100,
  OUT = 1,   /* the kernel writes there, so that read-only memory is no good either */
  WHOLE = 2, /* all of it or nothing; the others may stop at the last good byte */
};

static char good[512]; /* a buffer; zero is also a valid time and an empty path */
static char text[] = "written\n";
static struct { void *base; uint32_t count; } vector = {text, 8};
#define BAD 0xbad /* the placeholder of the tested pointer */

static int file;

static const struct call {
  const char *name;
  uint16_t number, flags;
  uintptr_t arguments[5];
} calls[] = {
  {"write", 4, 0, {1, BAD, 8}},
  {"writev, list", 146, WHOLE, {1, BAD, 1}},
  {"read", 3, OUT, {(uintptr_t)-1, BAD, 8}},
  {"readv, list", 145, WHOLE, {(uintptr_t)-1, BAD, 1}},
  {"open", 5, 0, {BAD, O_RDONLY}},
  {"openat", 322, 0, {(uintptr_t)AT_CWD, BAD, O_RDONLY}},
  {"fstat64", 197, OUT | WHOLE, {(uintptr_t)-1, BAD}},
  {"_llseek", 140, OUT | WHOLE, {(uintptr_t)-1, 0, 0, BAD, 0}},
  {"uname", 122, OUT | WHOLE, {BAD}},
  {"sysinfo", 116, OUT | WHOLE, {BAD}},
  {"getrandom", 384, OUT, {BAD, 8, 0}},
  {"clock_gettime", 263, OUT | WHOLE, {0, BAD}},
  {"clock_gettime64", 403, OUT | WHOLE, {1, BAD}},
  {"clock_gettime64, coarse", 403, OUT | WHOLE, {6, BAD}},
  {"clock_getres", 264, OUT | WHOLE, {0, BAD}},
  {"clock_getres_time64", 406, OUT | WHOLE, {5, BAD}},
  {"gettimeofday", 78, OUT | WHOLE, {BAD, 0}},
  {"gettimeofday, zone", 78, OUT | WHOLE, {0, BAD}},
  {"nanosleep", 162, WHOLE, {BAD, 0}},
  {"clock_nanosleep", 265, WHOLE, {1, 0, BAD, 0}},
  {"clock_nanosleep_time64", 407, WHOLE, {1, 0, BAD, 0}},
};

/* Makes the call with the tested pointer, and an open file where the row has -1. */
static int attempt(const struct call *call, uintptr_t pointer) {
  uintptr_t a[5];
  for (int i = 0; i < 5; i++) {
    a[i] = call->arguments[i] == BAD ? pointer : call->arguments[i];
    if (a[i] == (uintptr_t)-1) a[i] = (uintptr_t)file;
  }
  errno = 0;
  long result = syscall(call->number, a[0], a[1], a[2], a[3], a[4]);
  return result < 0 ? -errno : (int)result;
}

/* A pointer that the call accepts. */
static uintptr_t good_for(const struct call *call) {
  if (call->number == 145 || call->number == 146) return (uintptr_t)&vector;
  return (uintptr_t)(call->number == 4 ? text : good);
}

static void expect_fault(const struct call *call, const char *what, uintptr_t pointer) {
  int result = attempt(call, pointer);
  CHECK(result == -EFAULT, "%s, %s: %d", call->name, what, result);
}

int main(void) {
  char *pages = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED, "mmap: %d", errno);
  mprotect(pages + 4096, 4096, PROT_NONE);
  mprotect(pages + 2 * 4096, 4096, PROT_READ);
  munmap(pages + 3 * 4096, 4096);
  file = open("/init", O_RDONLY);
  CHECK(file >= 0, "open /init: %d", errno);
  uintptr_t vvar = getauxval(AT_SYSINFO_EHDR) ? getauxval(AT_SYSINFO_EHDR) - 4096 : 0;

  for (const struct call *call = calls; call < calls + sizeof calls / sizeof *calls; call++) {
    expect_fault(call, "the first page", 16);
    expect_fault(call, "no access", (uintptr_t)pages + 4096);
    expect_fault(call, "unmapped", (uintptr_t)pages + 3 * 4096);
    expect_fault(call, "kernel", 0xc0010000);
    expect_fault(call, "kernel's linear map", 0x80010000);
    expect_fault(call, "the last bytes", 0xfffffff8);
    if (call->flags & OUT) expect_fault(call, "read-only", (uintptr_t)pages + 2 * 4096);
    if (call->flags & OUT) expect_fault(call, "own text", (uintptr_t)attempt & ~(uintptr_t)3);
    if (call->flags & OUT && vvar) expect_fault(call, "[vvar]", vvar);
    if (call->flags & WHOLE) expect_fault(call, "second half missing", (uintptr_t)pages + 4096 - 4);
    int result = attempt(call, good_for(call));
    CHECK(result != -EFAULT && result != -ENOSYS, "%s, good pointer: %d", call->name, result);
  }
  struct { uintptr_t base; uint32_t count; } bad_element = {0xc0010000, 4};
  CHECK(syscall(SYS_writev, 1, &bad_element, 1) == -1 && errno == EFAULT, "writev, element");
  CHECK(syscall(SYS_readv, file, &bad_element, 1) == -1 && errno == EFAULT, "readv, element");
  return verdict("efault");
}
