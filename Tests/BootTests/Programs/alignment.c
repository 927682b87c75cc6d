// SPDX-License-Identifier: Apache-2.0
/* Instructions that load and store several words, at addresses that are not multiples of 4: the resulting
 * registers and memory, or the signal. alignment.txt is the output on Linux 6.1, which completes LDM, STM,
 * LDRD and STRD, and refuses exclusive accesses and those of VFP.
 *
 * Each instruction is written into a page, entered with known registers by sigreturn, and left by an
 * undefined instruction after it, whose handler sees all registers. For SIGBUS the program counter is not
 * printed: on Linux it is after the instruction.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096u
enum { BASE = 0x800, ROOM = 2 * PAGE };

static uint32_t *code;
static uint8_t *data;
static ucontext_t home;
static mcontext_t wanted, found;
static int isInside, signalNumber, signalCode;
static uint32_t signalAddress;
static char stack[32768];

static void handler(int number, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  if (!isInside) {
    home.uc_mcontext = user->uc_mcontext;
    unsigned long state = user->uc_mcontext.arm_cpsr & ~0x0600fc20ul;
    user->uc_mcontext = wanted;
    user->uc_mcontext.arm_cpsr |= state;
  } else {
    signalNumber = number;
    signalCode = info->si_code;
    signalAddress = (uint32_t)info->si_addr;
    found = user->uc_mcontext;
    user->uc_mcontext = home.uc_mcontext;
    user->uc_mcontext.arm_pc += 4;
  }
  isInside = !isInside;
}

/* The change that the instruction makes to its base register `number` at `data + BASE + offset`. */
static void run(const char *name, int isThumb, const uint32_t *words, int count, int number, int offset) {
  unsigned long *before = &wanted.arm_r0, *after = &found.arm_r0;
  memset(&wanted, 0, sizeof wanted);
  for (int i = 0; i < 15; i++) before[i] = 0x01010101u * (i + 1);
  before[4] = 4; /* an offset */
  before[13] = (uint32_t)data + BASE + 0x100;
  before[number] = (uint32_t)data + BASE + offset;
  for (unsigned i = 0; i < PAGE / 4; i++) code[i] = isThumb ? 0xde00de00 : 0xe7f000f0;
  for (int i = 0; i < count; i++)
    if (isThumb) ((uint16_t *)code)[8 + i] = words[i];
    else code[4 + i] = words[i];
  __builtin___clear_cache((char *)code, (char *)code + PAGE);
  wanted.arm_pc = (uint32_t)(code + 4);
  wanted.arm_cpsr = isThumb ? 0x20 : 0;
  isInside = 0;
  __asm__ volatile(".arm\n\t.inst 0xe7f000f0" ::: "memory");
  printf("%s%s %d: signal %d code %d", isThumb ? "T " : "", name, offset, signalNumber, signalCode);
  if (signalNumber == SIGILL) printf(" pc %d", (int)(found.arm_pc - (uint32_t)(code + 4)));
  else printf(" at %d", (int)(signalAddress - (uint32_t)data - BASE));
  printf(" state %lx", found.arm_cpsr & 0x0600fc20);
  for (int i = 0; i < 15; i++)
    if (after[i] != before[i]) printf(" r%d %lx", i, after[i]);
}

static uint8_t pattern(unsigned i) { return i * 7 + (i >> 8); }

static void with_memory(const char *name, int isThumb, const uint32_t *words, int count, int number, int offset) {
  for (unsigned i = 0; i < PAGE; i++) data[i] = pattern(i);
  run(name, isThumb, words, count, number, offset);
  for (unsigned i = 0, isFirst = 1; i < PAGE; i++)
    if (data[i] != pattern(i)) {
      if (isFirst) printf(" memory %d ", (int)i - BASE);
      printf("%02x", data[i]);
      isFirst = 0;
    }
  printf("\n");
}

#define A(name, number, offset, ...)                                                      \
  do {                                                                                    \
    static const uint32_t words[] = {__VA_ARGS__};                                        \
    with_memory(name, 0, words, sizeof words / sizeof *words, number, offset);            \
  } while (0)
#define T(name, number, offset, ...)                                                      \
  do {                                                                                    \
    static const uint32_t words[] = {__VA_ARGS__};                                        \
    with_memory(name, 1, words, sizeof words / sizeof *words, number, offset);            \
  } while (0)

static void all(int o) {
  A("ldmia r1, {r2, r3}", 1, o, 0xe891000c);
  A("ldmia r1!, {r2, r3}", 1, o, 0xe8b1000c);
  A("ldmib r1!, {r2, r3}", 1, o, 0xe9b1000c);
  A("ldmda r1!, {r2, r3}", 1, o, 0xe831000c);
  A("ldmdb r1!, {r2, r3}", 1, o, 0xe931000c);
  A("ldmia r1, {r1, r2}", 1, o, 0xe8910006);
  A("ldmia r1, {r0, r2-r14}", 1, o, 0xe8917ffd);
  A("ldmia r12!, {r0-r11}", 12, o, 0xe8bc0fff);
  A("ldmeq r1, {r2, r3}", 1, o, 0x0891000c);
  A("ldmne r1, {r2, r3}, Z", 1, o, 0xe3b00000, 0x1891000c);
  A("stmia r1, {r2, r3}", 1, o, 0xe881000c);
  A("stmia r1!, {r1, r2}", 1, o, 0xe8a10006);
  A("stmia r1!, {r0, r1, r2}", 1, o, 0xe8a10007);
  A("stmda r1!, {r2, r3}", 1, o, 0xe821000c);
  A("stmdb r1!, {r2, r3}", 1, o, 0xe921000c);
  A("stmib r1!, {r2, r3}", 1, o, 0xe9a1000c);
  A("stmia r1, {r2, pc}", 1, o, 0xe8818004);
  A("stmdb r12!, {r0-r14}", 12, o, 0xe92c6fff);
  A("push {r2, lr}", 13, o, 0xe92d4004);
  A("pop {r2, lr}", 13, o, 0xe8bd4004);
  A("ldmia r1, {r2, sp}", 1, o, 0xe8912004);
  A("stmia r1, {r2, sp}", 1, o, 0xe8812004);
  A("ldrd r2, r3, [r1]", 1, o, 0xe1c120d0);
  A("ldrd r2, r3, [r1, #4]!", 1, o, 0xe1e120d4);
  A("ldrd r2, r3, [r1], #8", 1, o, 0xe0c120d8);
  A("ldrd r2, r3, [r1], #-8", 1, o, 0xe04120d8);
  A("ldrd r2, r3, [r1, #-253]", 1, o, 0xe1412fdd);
  A("ldrd r2, r3, [r1, r4]", 1, o, 0xe18120d4);
  A("ldrd r2, r3, [r1, -r4]!", 1, o, 0xe12120d4);
  A("ldrd r2, r3, [r1], r4", 1, o, 0xe08120d4);
  A("ldrd r0, r1, [r1]", 1, o, 0xe1c100d0);
  A("strd r2, r3, [r1]", 1, o, 0xe1c120f0);
  A("strd r2, r3, [r1, #-4]!", 1, o, 0xe16120f4);
  A("strd r2, r3, [r1], #8", 1, o, 0xe0c120f8);
  A("strd r2, r3, [r1, -r4]", 1, o, 0xe10120f4);
  A("strd r0, r1, [r1]", 1, o, 0xe1c100f0);
  A("ldr r2, [r1]", 1, o, 0xe5912000);
  A("ldrex r2, [r1]", 1, o, 0xe1912f9f);
  A("ldrexd r2, r3, [r1]", 1, o, 0xe1b12f9f);
  A("strex r2, r3, [r1]", 1, o, 0xe1812f93);
  A("vldmia r1, {d0}", 1, o, 0xec910b02);
  A("vldmia r1!, {d0, d1}", 1, o, 0xecb10b04);
  A("vstmdb r1!, {d0}", 1, o, 0xed210b02);
  A("vldr d0, [r1]", 1, o, 0xed910b00);
  A("vldr s0, [r1]", 1, o, 0xed910a00);
  A("vstr d0, [r1]", 1, o, 0xed810b00);
  A("vld1.32 {d0}, [r1]", 1, o, 0xf421078f);
  A("vld1.32 {d0}, [r1:64]", 1, o, 0xf421079f);
  T("ldmia r1!, {r2, r3}", 1, o, 0xc90c);
  T("ldmia r1, {r1, r2}", 1, o, 0xc906);
  T("stmia r1!, {r2, r3}", 1, o, 0xc10c);
  T("stmia r1!, {r1, r2}", 1, o, 0xc106);
  T("push {r2, lr}", 13, o, 0xb504);
  T("push {r2, r3}", 13, o, 0xb40c);
  T("pop {r2, r3}", 13, o, 0xbc0c);
  T("ldmia.w r1, {r2, r3}", 1, o, 0xe891, 0x000c);
  T("ldmia.w r1!, {r2, r8, lr}", 1, o, 0xe8b1, 0x4104);
  T("ldmdb.w r1!, {r2, r8}", 1, o, 0xe931, 0x0104);
  T("stmia.w r1!, {r2, r8}", 1, o, 0xe8a1, 0x0104);
  T("stmdb.w r1!, {r2, r8}", 1, o, 0xe921, 0x0104);
  T("push.w {r2, lr}", 13, o, 0xe92d, 0x4004);
  T("pop.w {r2, lr}", 13, o, 0xe8bd, 0x4004);
  T("ldrd r2, r7, [r1, #4]", 1, o, 0xe9d1, 0x2701);
  T("ldrd r7, r2, [r1], #8", 1, o, 0xe8f1, 0x7202);
  T("ldrd r7, r2, [r1, #-1020]!", 1, o, 0xe971, 0x72ff);
  T("ldrd r7, r1, [r1, #-8]", 1, o, 0xe951, 0x7102);
  T("strd r7, r2, [r1, #4]!", 1, o, 0xe9e1, 0x7201);
  T("strd r7, r2, [r1], #-4", 1, o, 0xe861, 0x7201);
  T("strd r2, r7, [r1]", 1, o, 0xe9c1, 0x2700);
  T("ldrex r2, [r1]", 1, o, 0xe851, 0x2f00);
  T("vldr d0, [r1]", 1, o, 0xed91, 0x0b00);
  T("it ne; ldmia r1!, {r2, r3}", 1, o, 0xbf18, 0xc90c);
  T("it eq; ldmia r1!, {r2, r3}", 1, o, 0xbf08, 0xc90c);
  T("itt ne; ldmia; adds r4, #1", 1, o, 0xbf1c, 0xc90c, 0x3401);
  T("itete ne; ldrd; adds; ldrd; adds", 1, o, 0xbf15, 0xe9d1, 0x2701, 0x3401, 0xe9d1, 0x5601, 0x3401);
  T("itttt ne; stmia; stmia; stmia; adds", 1, o, 0xbf1f, 0xc10c, 0xe8a1, 0x000c, 0xc10c, 0x3401);
}

/* A transfer from the last bytes of a page to the first ones of the next. */
static void over_the_edge(const char *name) {
  static const uint32_t load[] = {0xe891000c}, store[] = {0xe8a1000c}, pairs[] = {0xe1c120d0}, high[] = {0xe1c120f0};
  int edge = PAGE - BASE;
  printf("== %s\n", name);
  run("ldmia r1, {r2, r3}", 0, load, 1, 1, edge - 2), puts("");
  run("ldrd r2, r3, [r1]", 0, pairs, 1, 1, edge - 7), puts("");
  run("stmia r1!, {r2, r3}", 0, store, 1, 1, edge - 3), puts("");
  run("strd r2, r3, [r1]", 0, high, 1, 1, edge - 1), puts("");
  run("ldmia r1, {r2, r3}", 0, load, 1, 1, edge + 1), puts("");
  run("stmia r1!, {r2, r3}", 0, store, 1, 1, edge + 1), puts("");
}

static void jumps(int o) {
  static const uint32_t arm[] = {0xe8b18004}, thumb[] = {0xbd04};
  uint32_t target = (uint32_t)(code + 40);
  memcpy(data + BASE + o + 4, &target, 4);
  run("ldmia r1!, {r2, pc}", 0, arm, 1, 1, o), puts("");
  target |= 1;
  memcpy(data + BASE + o + 4, &target, 4);
  run("pop {r2, pc}", 1, thumb, 1, 13, o), puts("");
}

static void show(void) {
  char text[400];
  int file = open("/proc/cpu/alignment", O_RDONLY);
  ssize_t count = read(file, text, sizeof text);
  if (count > 0) fwrite(text, 1, count, stdout);
  close(file);
}

int main(void) {
  mkdir("/proc", 0755);
  mount("proc", "/proc", "proc", 0, 0);
  code = mmap((void *)0x20000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  data = mmap((void *)0x30000000, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGILL, &action, 0);
  sigaction(SIGBUS, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  show();
  for (int o = 0; o < 4; o++) all(o);
  over_the_edge("a page that was not touched");
  printf("%02x%02x%02x%02x %02x%02x%02x%02x%02x%02x%02x%02x\n", data[PAGE - 4], data[PAGE - 3], data[PAGE - 2],
         data[PAGE - 1], data[PAGE], data[PAGE + 1], data[PAGE + 2], data[PAGE + 3], data[PAGE + 4],
         data[PAGE + 5], data[PAGE + 6], data[PAGE + 7]);
  mprotect(data + PAGE, PAGE, PROT_READ);
  over_the_edge("a page that may only be read");
  mprotect(data + PAGE, PAGE, PROT_NONE);
  over_the_edge("a page that may not be read");
  munmap(data + PAGE, PAGE);
  over_the_edge("no page");
  for (int o = 0; o < 4; o++) jumps(o);
  show();
  return 0;
}
