// SPDX-License-Identifier: Apache-2.0
/* Draws arguments that are nearly valid: of the kind that a call expects, often at the edges of its
 * range. The words of a structure are drawn like arguments, so its pointers may be bad, too. */
#include "fuzz.h"
#include <elf.h>
#include <sys/auxv.h>

uint32_t vvar_page, vdso_pages, vdso_end_page;

void find_pages(void) {
  vdso_pages = (uint32_t)getauxval(AT_SYSINFO_EHDR);
  vvar_page = vdso_pages ? vdso_pages - PAGE : 0;
  const Elf32_Ehdr *header = (const void *)(uintptr_t)vdso_pages;
  const Elf32_Phdr *segments = (const void *)(uintptr_t)(vdso_pages + (header ? header->e_phoff : 0));
  for (int i = 0; header && i < header->e_phnum; i++)
    if (segments[i].p_type == PT_LOAD)
      vdso_end_page = vdso_pages + ((segments[i].p_vaddr + segments[i].p_memsz + PAGE - 1) & ~(PAGE - 1));
}

/* Two pages, the second without access: data at the end of the first is at an edge. */
struct scratch *new_scratch(void) {
  uint32_t pages = (uint32_t)call(SYS_mmap2, 0, 2 * PAGE, 3, 0x22, 0xffffffffu, 0);
  call(SYS_mprotect, pages + PAGE, PAGE, 0, 0, 0, 0);
  return (struct scratch *)(uintptr_t)pages;
}

static const uint32_t extremes[] = {
  0, 1, 2, 3, 4, 7, 8, 12, 31, 32, 63, 64, 65, 127, 255, 1000, 4095, 4096, 4097, 65535, 65536,
  999999, 1000000, 999999999, 1000000000, 0x10000000, 0x3fffffff, 0x40000000, 0x7fff0000,
  0x7ffff000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0x80010000, 0xc0000000, 0xfffff000,
  0xfffff001, 0xfffffffd, 0xfffffffe, 0xffffffff, 0xffffff9c, 0xaaaaaaab,
};

static uint32_t arena_page(struct dice *dice) { return ARENA + below(dice, ARENA_PAGES) * PAGE; }

static uint32_t pointer(struct dice *dice, struct scratch *scratch) {
  static const uint32_t places[] = {
    0, 4, 0xffc, 0x1000, 0xfffc, 0x10000, 0x7ffff000, 0x7ffffffc, 0x7fffffff, 0x80000000, 0x80010000,
    0x9ffffffc, 0xf0000000, 0xffff0000, 0xffff0fe0, 0xfffffff8, 0xfffffffc, 0xffffffff,
  };
  static const uint32_t offsets[] = {0, 0, 0, 4, 8, 1, 2, 3, 0x800, 0xff0, 0xff8, 0xffc, 0xffe, 0xfff};
  uint32_t own = (uint32_t)(uintptr_t)scratch;
  switch (below(dice, 16)) {
  case 0 ... 3: return own + below(dice, 64) * 16;
  case 4 ... 8: return arena_page(dice) + PICK(dice, offsets);
  case 9: return own + PAGE - below(dice, 72);
  case 10: return vvar_page + PAGE * below(dice, 3) + PICK(dice, offsets) - 4 * one_in(dice, 3);
  case 11: return vdso_end_page - below(dice, 16);
  case 12: return (uint32_t)(uintptr_t)&pointer + below(dice, 4);
  case 13: return PICK(dice, places);
  case 14: return 0;
  default: return dice_next(dice);
  }
}

static uint32_t descriptor(struct dice *dice) {
  if (one_in(dice, 5)) return PICK(dice, extremes);
  return below(dice, 21);
}

static uint32_t process(struct dice *dice) {
  /* Not init: a finding must be the kernel's fault, not that of a damaged init. */
  uint32_t own = (uint32_t)call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  switch (below(dice, 8)) {
  case 0: return PICK(dice, extremes);
  case 1: return 0;
  case 2: return own + 1 + below(dice, 6);
  case 3: return own - below(dice, 3);
  case 4: return 0u - own;
  case 5: return (uint32_t)call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  default: return own;
  }
}

static uint32_t signal_number(struct dice *dice) {
  static const uint32_t numbers[] = {10, 12, 14, 17, 18, 23, 28, 32, 34, 35, 64, 0};
  return one_in(dice, 6) ? PICK(dice, extremes) : one_in(dice, 6) ? below(dice, 66) : PICK(dice, numbers);
}

static const char *const paths[] = {
  "/init", "/", ".", "..", "", "/dev", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc",
  "/proc/self", "/proc/self/maps", "/proc/self/smaps", "/proc/self/statm", "/proc/self/counters",
  "/proc/self/exe", "/proc/meminfo", "/proc/uptime", "/proc/vdso", "/proc/vdso.so", "/proc/buddyinfo",
  "/proc/tasks", "/proc/interrupts", "/proc/locks", "/proc/trace", "/proc/1/maps", "/init/", "/no/such",
  "/proc/self/exe/", "dev/null", "//proc//self/../self/maps", "/proc/cmdline", "/proc/cpuinfo",
  "/proc/stat", "/proc/loadavg", "/proc/self/io", "/proc/self/fdinfo/0", "/proc/self/fd/3", "/proc/self/mountinfo",
  "/sys/devices/system/cpu/online", "/sys/devices/system/cpu/cpu0/topology", "/dev/full", "/dev/fd/4", "/dev/stdin",
  "/dev/kits", "/dev/kits/vstat", "/dev/kits/vstat", "/dev/ptmx",
};

/* Names of files that batches make, change and remove. */
static const char *const own_paths[] = {
  FOLDER "/a", FOLDER "/a", FOLDER "/b", FOLDER "/d", FOLDER "/d/a", FOLDER "/d/d", FOLDER "/d/d/a", FOLDER "/l",
  FOLDER, FOLDER "/d/..", FOLDER "/a/", FOLDER "/l/a", "d/a", "a", FOLDER "/x/y",
};

/* What mount calls the file systems, and options of a tmpfs. */
static const char *const volume_types[] = {"tmpfs", "tmpfs", "tmpfs", "proc", "sysfs", "devtmpfs", "rootfs", "none"};
static const char *const volume_options[] = {
  "", "", "size=16k", "size=0,nr_inodes=0", "nr_inodes=3", "mode=700", "size=1%,,mode=0", "size=99999999999g", "size=", "x=1",
};

static uint32_t string(struct dice *dice, struct scratch *scratch, const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  if (one_in(dice, 12)) return pointer(dice, scratch);
  /* At the edge of the page, sometimes with the terminator beyond it. */
  char *to = (char *)scratch + PAGE - length - (one_in(dice, 8) ? 0 : 1);
  if (!one_in(dice, 3)) to = (char *)scratch + 0x200 + 0x80 * below(dice, 4);
  for (uint32_t i = 0; i <= length && to + i < (char *)scratch + PAGE; i++) to[i] = text[i];
  return (uint32_t)(uintptr_t)to;
}

static uint32_t path(struct dice *dice, struct scratch *scratch, int is_own) {
  return string(dice, scratch, is_own ? PICK(dice, own_paths) : PICK(dice, paths));
}

/* A structure of `count` words at a random position in the page; `kinds` is used cyclically. */
static uint32_t structure(struct dice *dice, struct scratch *scratch, const char *kinds, uint32_t count) {
  if (one_in(dice, 6)) return pointer(dice, scratch);
  uint32_t first = one_in(dice, 4) ? 1024 - count : 256 + below(dice, 16) * 32;
  uint32_t kind = 0;
  for (uint32_t i = 0; i < count; i++) {
    scratch->page[first + i] = argument(dice, scratch, kinds[kind]);
    if (!kinds[++kind]) kind = 0;
  }
  return (uint32_t)(uintptr_t)&scratch->page[first];
}

uint32_t any_value(struct dice *dice, struct scratch *scratch) {
  switch (below(dice, 4)) {
  case 0: return PICK(dice, extremes);
  case 1: return pointer(dice, scratch);
  case 2: return below(dice, 64);
  default: return dice_next(dice);
  }
}

/* The kinds are the letters in the calls' shapes (numbers.c). */
uint32_t argument(struct dice *dice, struct scratch *scratch, char kind) {
  static const uint32_t sizes[] = {0, 1, 4, 8, 16, 64, 128, 256, 4096, 8192, 65536};
  static const uint32_t lengths[] = {0, 1, 4095, 4097, 0x40000, 0x100000, 0x7ffff000, 0x80000000, 0xfffff000};
  static const uint32_t protections[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0x1000003, 0x2000001};
  static const uint32_t maps[] = {0x22, 0x22, 0x32, 0x32, 0x32, 0x21, 0x31, 0x2, 0x12, 0x1, 0x11, 0x8032,
                                  0x4022, 0x100032, 0x2022, 0x122, 0x3};
  static const uint32_t opens[] = {0, 0, 1, 2, 2, 0x40, 0x42, 0x42, 0x41, 0xc2, 0x242, 0x442, 0x802, 0x4000, 0x400042,
                                   0x404002};
  static const uint32_t requests[] = {0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x5409, 0x540b, 0x540e, 0x540f, 0x5410,
                                      0x5411, 0x5413, 0x5414, 0x541b, 0x5421, 0x5422, 0x5429, 0x80045430, 0x40045431,
                                      0x5441, 0x40049409};
  static const uint32_t commands[] = {0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 36, 37, 38, 1030, 1031, 1032, 1033, 1034};
  static const uint32_t locks[] = {5, 6, 6, 7, 12, 13, 13, 13, 14, 36, 37, 37, 38};
  static const uint32_t clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 0xfffffffa, 0xfffffffe};
  static const uint32_t types[] = {1, 2, 5, 0x801, 0x802, 0x805, 3, 4, 0x80001, 0x10};
  static const uint32_t options[] = {1, 3, 4, 7, 8, 17, 20, 20, 21, 21, 38, 39, 66, 67};
  if (kind != 'h' && one_in(dice, 16)) return any_value(dice, scratch);
  switch (kind) {
  case 'f': return descriptor(dice);
  case 'p': return pointer(dice, scratch);
  case 's': return path(dice, scratch, 0);
  case 'C': return path(dice, scratch, 1);
  case 'H': return string(dice, scratch, PICK(dice, volume_types));
  case 'U': return string(dice, scratch, PICK(dice, volume_options));
  case 'n': return one_in(dice, 4) ? PICK(dice, extremes) : PICK(dice, sizes);
  case 'a': return one_in(dice, 8) ? pointer(dice, scratch) & ~(PAGE - 1) : arena_page(dice);
  case 'l': return one_in(dice, 6) ? PICK(dice, lengths) : (1 + below(dice, 12)) * PAGE;
  case 'r': return PICK(dice, protections);
  case 'F': return PICK(dice, maps);
  case 'o': return PICK(dice, opens);
  case 'k': return PICK(dice, requests);
  case 'x': return PICK(dice, commands);
  case 'y': return PICK(dice, locks);
  case 'j': return below(dice, 3) | (one_in(dice, 4) ? below(dice, 3) << 16 : 0);   /* l_type and l_whence */
  case 'm': return one_in(dice, 3) ? 0x1000 << below(dice, 5) | below(dice, 512) : below(dice, 512);
  case 'c': return PICK(dice, clocks);
  case 'd': return process(dice);
  case 'g': return signal_number(dice);
  case 'i': return one_in(dice, 4) ? PICK(dice, extremes) : below(dice, 12);
  case 'b': return 1u << below(dice, 32) | (one_in(dice, 2) ? 1u << below(dice, 32) : 0);
  case 'Q': return one_in(dice, 12) ? PICK(dice, extremes) : 1;                   /* AF_UNIX, SOL_SOCKET */
  case 'Y': return PICK(dice, types);
  case 'Z': return PICK(dice, options);
  case 'B': return one_in(dice, 8) ? 1u << below(dice, 32) : one_in(dice, 2) ? 0 : 1u << (1 + below(dice, 8));
  case 'z': return 0;
  case 'u': return below(dice, 3000000);                      /* nanoseconds of a short wait */
  case 'w': return ARENA + (below(dice, 4) * PAGE + below(dice, 4) * 4);
  case 'h': return (uint32_t)(uintptr_t)on_signal * !one_in(dice, 8) + one_in(dice, 8);
  case 'q': return (uint32_t)(uintptr_t)(one_in(dice, 2) ? plain_return : info_return);
  /* Structures. */
  case 't': return structure(dice, scratch, one_in(dice, 4) ? "ii" : "zu", 2);    /* timespec */
  case 'T': return structure(dice, scratch, one_in(dice, 4) ? "i" : "zzuz", 4);   /* with 64 bits */
  case 'I': return structure(dice, scratch, one_in(dice, 3) ? "i" : "zu", 4);     /* itimerspec */
  case 'J': return structure(dice, scratch, one_in(dice, 3) ? "i" : "uz", 8);
  case 'v': return structure(dice, scratch, "pn", 32);                            /* iovec */
  case 'G': return structure(dice, scratch, "pivipzi", 7);                        /* msghdr */
  case 'A': return structure(dice, scratch, "hbqbb", 5);                          /* sigaction */
  case 'M': return structure(dice, scratch, "b", 2);                              /* sigset_t */
  case 'e': return structure(dice, scratch, "igih", 16);                          /* sigevent */
  case 'S': return structure(dice, scratch, "azl", 3);                            /* stack_t */
  case 'P': return structure(dice, scratch, "fi", 32);                            /* pollfd */
  case 'X': return structure(dice, scratch, "ii", 36);                            /* timex */
  case 'N': return structure(dice, scratch, "gzin", 32);                          /* siginfo_t */
  case 'E': return structure(dice, scratch, "bzii", 4);                           /* epoll_event */
  case 'W': return structure(dice, scratch, "iziwzzzbzzz", 4 * 16);               /* futex_waitv */
  case 'D': return structure(dice, scratch, "nibziiiiii", 14);                    /* sched_attr */
  case 'R': return structure(dice, scratch, "bppgpppppp", 22);                    /* clone_args */
  case 'O': return structure(dice, scratch, "ozmzbz", 6);                         /* open_how */
  case 'K': return structure(dice, scratch, one_in(dice, 2) ? "jzizizzz" : "jiizzzzz", 8);   /* flock64, flock */
  case 'L': return structure(dice, scratch, "i", 4);                              /* rlimit */
  case 'V': return structure(dice, scratch, "sszz", 12);                          /* argv */
  default: return any_value(dice, scratch);
  }
}
