// SPDX-License-Identifier: Apache-2.0
/* A timer's signal interrupts functions of the vDSO at any instruction, and the handler unwinds the stack with
 * libgcc: through the sigreturn trampoline, out of the function, to the caller with its registers, and up to
 * main. The program names no trampoline, so the kernel supplies the vDSO's; with glibc the libc's own is
 * tested as well. Build with -funwind-tables.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { FRAMES = 12, WANTED = 150, WORDS = 1024 };
typedef int two(uintptr_t first, void *second);

/* Calls a function of two arguments with a number in each register that it has to keep. */
__asm__(
    ".text\n\t.syntax unified\n\t.arm\n\t.balign 4\n\t.type caller, %function\ncaller:\n\t.fnstart\n\t"
    ".save {r4-r11, lr}\n\tpush {r4-r11, lr}\n\t.pad #4\n\tsub sp, sp, #4\n\tmov r12, r0\n\t"
    "mov r0, r1\n\tmov r1, r2\n\tmov r4, #104\n\tmov r5, #105\n\tmov r6, #106\n\tmov r7, #107\n\t"
    "mov r8, #108\n\tmov r9, #109\n\tmov r10, #110\n\tmov r11, #111\n\tblx r12\n"
    "called:\n\tadd sp, sp, #4\n\tpop {r4-r11, pc}\n\t.fnend\n\t.size caller, . - caller");
int caller(two *function, uintptr_t first, void *second);
extern const char called[];

static uintptr_t image;
static volatile int seen, distinct;
static unsigned char places[WORDS];

/* In a static program libgcc knows the program's own table and no other: its hook shows it the vDSO's,
 * as a dynamic linker's would. */
typedef const uint32_t *table;
extern const uint32_t __exidx_start[], __exidx_end[];
table __gnu_Unwind_Find_exidx(uintptr_t pc, int *count) {
  const Elf32_Ehdr *header = (const void *)image;
  if (!image || pc - image >= 4096) {
    *count = (__exidx_end - __exidx_start) / 2;
    return __exidx_start;
  }
  const Elf32_Phdr *segments = (const void *)(image + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++)
    if (segments[i].p_type == PT_ARM_EXIDX) {
      *count = segments[i].p_memsz / 8;
      return (table)(image + segments[i].p_vaddr);
    }
  return 0;
}

struct walk { int count; uintptr_t places[FRAMES]; int kept; };

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
  struct walk *walk = argument;
  if (walk->count == FRAMES) return _URC_END_OF_STACK;
  uintptr_t place = _Unwind_GetIP(context);
  walk->places[walk->count++] = place;
  if (place == (uintptr_t)called) {
    walk->kept = 1;
    for (int i = 4; i < 12; i++) walk->kept &= _Unwind_GetGR(context, i) == 100u + i;
  }
  return _URC_NO_REASON;
}

static int in_image(uintptr_t place) { return place - image < 4096; }

/* mov r7, #173; svc #0. */
static int is_way_back(const void *place) {
  static const uint32_t wide[] = {0xe3a070ad, 0xef000000};
  static const uint16_t narrow[] = {0xf04f, 0x07ad, 0xdf00};
  return !memcmp(place, wide, sizeof wide) || !memcmp(place, narrow, sizeof narrow);
}

static void handler(int number, siginfo_t *information, void *argument) {
  uintptr_t pc = ((ucontext_t *)argument)->uc_mcontext.arm_pc;
  if (!in_image(pc)) return;
  struct walk walk = {0};
  _Unwind_Backtrace(visit, &walk);
  int i = 0;
  while (i < walk.count && walk.places[i] != pc) i++;
  seen++;
  distinct += !places[(pc - image) / 4];
  places[(pc - image) / 4] = 1;
  /* First the trampoline, in whichever code libc has it; then the interrupted function's caller, perhaps after
   * another function of the image; and its caller. */
  int j = i + 1;
  while (j < walk.count && in_image(walk.places[j])) j++;
  int is_good = i > 0 && j + 1 < walk.count && is_way_back((void *)walk.places[i - 1]) &&
                walk.places[j] == (uintptr_t)called && walk.kept;
  CHECK(is_good, "at %#x: frame %d of %d, kept %d", (unsigned)(pc - image), i, walk.count, walk.kept);
}

static void run(const char *way) {
  static const struct { const char *name; uintptr_t first; } functions[] = {
      {"__vdso_clock_gettime64", 1}, {"__vdso_clock_gettime64", 5}, {"__vdso_clock_gettime", 0},
      {"__vdso_clock_getres_time64", 1}, {"VdsoClockGettime", 1}, {"VdsoClockGettime", 6},
  };
  int64_t buffer[2];
  seen = distinct = 0;
  memset(places, 0, sizeof places);
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, 0);
  for (int round = 0; seen < WANTED && round < 20000; round++)
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
      for (int j = 0; j < 37 + round % 8; j++)
        caller((two *)vdso_symbol(functions[i].name), functions[i].first, buffer);
  setitimer(ITIMER_REAL, &never, 0);
  CHECK(seen >= WANTED, "%s: %d times at %d places", way, seen, distinct);
  printf("backtrace by %s: from %d places\n", way, distinct);
}

int main(void) {
  image = getauxval(AT_SYSINFO_EHDR);
  /* The kernel's structure: handler, flags without SA_RESTORER, restorer, mask. */
  struct { void *handler; uint32_t flags; void *restorer; uint32_t mask[2]; } action = {
      (void *)(uintptr_t)handler, SA_SIGINFO | SA_RESTART, 0, {0, 0}};
  CHECK(syscall(SYS_rt_sigaction, SIGALRM, &action, 0, 8) == 0, "rt_sigaction");
  run("the vDSO's way");
#ifdef __GLIBC__
  struct sigaction plain = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  CHECK(sigaction(SIGALRM, &plain, 0) == 0, "sigaction");
  run("libc's way");
#endif
  return verdict("vdso_backtrace");
}
