// SPDX-License-Identifier: Apache-2.0
/* Attacks on [vvar], [vdso], the kernel, page 0 and the stack, each selected by its number: a refused system call
 * must return EPERM and change nothing, an access must end in SIGSEGV. With "into NAME", every call that stores
 * something stores it there: a line for each call, which must be EFAULT.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u

#define LOWEST 0x10000u
#define LIMIT 0x80000000u
#define KERNEL 0x80010000u
#define VECTORS 0xffff0000u

static uint32_t vvar, vdso, vdso_end;
static char before[8192], after[8192];

static long call(long number, long a, long b, long c, long d, long e) {
  long result = syscall(number, a, b, c, d, e, 0);
  return result == -1 ? -errno : result;
}

static void read_maps(char *text, size_t size) {
  FILE *file = fopen("/proc/self/maps", "r");
  size_t count = file ? fread(text, 1, size - 1, file) : 0;
  text[count] = 0;
  if (file) fclose(file);
}

static void find_mappings(void) {
  read_maps(before, sizeof before);
  for (char *line = strtok(before, "\n"); line; line = strtok(NULL, "\n")) {
    unsigned start, end;
    if (sscanf(line, "%x-%x", &start, &end) != 2) continue;
    if (strstr(line, "[vvar]")) vvar = start;
    if (strstr(line, "[vdso]")) vdso = start, vdso_end = end;
  }
}

static long munmap_(uint32_t base, uint32_t size) { return call(SYS_munmap, base, size, 0, 0, 0); }
static long protect(uint32_t base, uint32_t size, int how) {
  return call(SYS_mprotect, base, size, how, 0, 0);
}
static long remap(uint32_t base, uint32_t old, uint32_t new, int flags, uint32_t to) {
  return call(SYS_mremap, base, old, new, flags, to);
}
static long map_over(uint32_t base, uint32_t size) {
  return call(SYS_mmap2, base, size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
}
static long advise(uint32_t base, uint32_t size, int advice) {
  return call(SYS_madvise, base, size, advice, 0, 0);
}
static long move_onto(uint32_t target) {
  void *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long result = remap((uint32_t)(uintptr_t)page, PAGE, PAGE, 3, target);
  munmap(page, PAGE);
  return result;
}

/* A page that grows on its move to an address that may not be used. */
static long grow_onto(uint32_t target, uint32_t size) {
  void *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long result = remap((uint32_t)(uintptr_t)page, PAGE, size, 3, target);
  munmap(page, PAGE);
  return result;
}

/* The refused system calls; each returns the kernel's answer. */
static long refused(int way) {
  switch (way) {
  case 0: return munmap_(vvar, PAGE);
  case 1: return munmap_(vdso, PAGE);
  case 2: return munmap_(vvar, vdso_end - vvar);
  case 3: return munmap_(vvar - PAGE, 2 * PAGE);
  case 4: return munmap_(vdso_end - PAGE, 2 * PAGE);
  case 5: return protect(vvar, PAGE, PROT_READ | PROT_WRITE);
  case 6: return protect(vdso, PAGE, PROT_READ | PROT_WRITE);
  case 7: return protect(vdso, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
  case 8: return protect(vvar, PAGE, PROT_READ | PROT_EXEC);
  case 9: return protect(vvar, PAGE, PROT_NONE);
  case 10: return protect(vdso, PAGE, PROT_NONE);
  case 11: return remap(vvar, PAGE, PAGE, 3, 0x30000000);
  case 12: return remap(vdso, PAGE, PAGE, 3, 0x30000000);
  case 13: return remap(vvar, PAGE, 2 * PAGE, 1, 0);
  case 14: return remap(vdso, vdso_end - vdso, 4 * PAGE, 1, 0);
  case 15: return remap(vvar, 0, PAGE, 1, 0);
  case 16: return remap(vvar, PAGE, PAGE, 5, 0);
  case 17: return move_onto(vvar);
  case 18: return move_onto(vdso);
  case 19: return map_over(vvar, PAGE);
  case 20: return map_over(vdso, PAGE);
  case 21: return map_over(vvar - PAGE, 3 * PAGE);
  case 22: return advise(vvar, PAGE, MADV_DONTNEED);
  case 23: return advise(vdso, PAGE, MADV_DONTNEED);
  case 24: return advise(vvar, PAGE, 8);
  case 25: return advise(vvar, PAGE, MADV_REMOVE);
  case 26: return advise(vdso, PAGE, 23);
  case 27: return munmap_(LOWEST, LIMIT - LOWEST);
  case 28: return advise(vdso, PAGE, 10);
  case 29: return advise(vvar, PAGE, 18);
  case 30: return call(SYS_mmap2, vdso, PAGE, 1, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1);
  case 31: return call(SYS_mmap2, vdso, PAGE, 1, MAP_PRIVATE | MAP_FIXED, open("/init", 0));
  case 32: return grow_onto(vvar - PAGE, 2 * PAGE);
  case 33: return grow_onto(vdso_end - PAGE, 3 * PAGE);
  case 34: return call(SYS_mmap2, LOWEST, LIMIT - LOWEST, 0,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1);
  case 35: return map_over(LOWEST - PAGE, PAGE);
  case 36: return map_over(LOWEST / 2, LOWEST);
  case 37: return move_onto(LOWEST - PAGE);
  default: return 1;
  }
}

/* Volatile, so that nothing is known of them: a call of address 0 would be left out. */
static void store(volatile uint32_t address) { *(volatile uint32_t *)(uintptr_t)address = 1; }
static void load(volatile uint32_t address) { (void)*(volatile uint32_t *)(uintptr_t)address; }
static void jump(volatile uint32_t address) { ((void (*)(void))(uintptr_t)address)(); }
static uint32_t page_with(int protection) {
  uint32_t *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *page = 0xe12fff1e; /* bx lr, in ARM */
  mprotect(page, PAGE, protection);
  return (uint32_t)(uintptr_t)page;
}
/* A page of the program's right below [vvar], so that an access can begin there. */
static uint32_t below_vvar(void) { return vvar - (map_over(vvar - PAGE, PAGE) > 0 ? 2 : 0); }

int main(int argc, char **argv);

/* The refused accesses; one that returns was allowed. */
static void faults(int way) {
  uint32_t here[2] = {0xe12fff1e, 0xe12fff1e}, address = (uint32_t)(uintptr_t)here;
  uint64_t pair = 1;
  switch (way) {
  case 100: store(vvar); break;
  case 101: store(vdso); break;
  case 102: jump(vvar); break;
  case 103: store(KERNEL); break;
  case 104: load(KERNEL); break;
  case 105: jump(KERNEL); break;
  case 106: load(0); break;
  case 107: store(LOWEST - 4); break;
  case 108: jump(address); break;
  case 109: store(0xf0000000u); break;
  case 110: load(VECTORS - 4); break; /* the page itself has code for programs */
  case 111: store(0); break;
  case 112: jump(0); break;
  case 113: jump(VECTORS - 4096); break;
  case 114: store(VECTORS); break;
  case 115: load(LIMIT); break;
  case 116: load(0xfffffffcu); break;
  case 117: store(address - (9u << 20)); break;             /* below all that a stack may become */
  case 118: store((address | 0xfffff) + (1u << 20)); break; /* above it */
  case 119: jump(page_with(PROT_READ | PROT_WRITE)); break;
  case 120: jump(page_with(PROT_READ)); break;
  case 121: load(page_with(PROT_NONE)); break;
  case 122: store(page_with(PROT_READ)); break;
  case 123: store(page_with(PROT_READ | PROT_EXEC)); break;
  case 124: store((uint32_t)(uintptr_t)&main & ~3u); break;
  /* Other instructions that store: exclusive, two words, several, and across the edge of a page. */
  case 125: __asm__ volatile("1: ldrex r2, [%0]\n\tstrex r3, r2, [%0]\n\tcmp r3, #0\n\tbne 1b"
                             ::"r"(vvar) : "r2", "r3", "cc", "memory"); break;
  case 126: __asm__ volatile("strd %0, %H0, [%1]" ::"r"(pair), "r"(vvar) : "memory"); break;
  case 127: __asm__ volatile("stmia %0, {r4-r9}" ::"r"(vvar) : "memory"); break;
  case 128: __asm__ volatile("vmov.i32 d0, #1\n\tvst1.32 {d0}, [%0]" ::"r"(vvar) : "d0", "memory");
            break;
  case 129: __asm__ volatile("str %0, [%1]" ::"r"(way), "r"(below_vvar()) : "memory"); break;
  case 130: __asm__ volatile("strt %0, [%1]" ::"r"(way), "r"(KERNEL) : "memory"); break;
  case 131: __asm__ volatile("mov r2, sp\n\tmov sp, %0\n\tpush {r0}\n\tmov sp, r2"
                             ::"r"(vdso + 8) : "r2", "memory"); break;
  default: break;
  }
}

/* The calls that store something, with the address; INTO is the placeholder of the tested address. */
#define INTO 0xbad
static int file, directory, pages;
static uint32_t vector[2] = {INTO, 8};
static const struct call {
  const char *name;
  uint32_t number, arguments[5];
} calls[] = {
  {"read", 3, {1001, INTO, 8}}, {"pread64", 180, {1001, INTO, 8}},
  {"readv", 145, {1001, 1004, 1}}, {"getcwd", 183, {INTO, 64}}, {"uname", 122, {INTO}},
  {"readlink", 85, {1005, INTO, 64}}, {"fstat64", 197, {1001, INTO}}, {"stat64", 195, {1006, INTO}},
  {"statx", 397, {1001, 1007, 0x1000, 0x7ff, INTO}}, {"getdents64", 217, {1002, INTO, 512}},
  {"_llseek", 140, {1001, 0, 0, INTO}}, {"clock_gettime", 263, {0, INTO}},
  {"clock_gettime64", 403, {1, INTO}}, {"clock_gettime64 coarse", 403, {6, INTO}},
  {"clock_getres", 264, {1, INTO}}, {"clock_getres_time64", 406, {1, INTO}},
  {"gettimeofday", 78, {INTO, 0}}, {"gettimeofday zone", 78, {0, INTO}}, {"times", 43, {INTO}},
  {"getrusage", 77, {0, INTO}}, {"sysinfo", 116, {INTO}}, {"ugetrlimit", 191, {3, INTO}},
  {"prlimit64", 369, {0, 3, 0, INTO}}, {"getrandom", 384, {INTO, 8, 0}},
  {"rt_sigaction", 174, {10, 0, INTO, 8}}, {"rt_sigprocmask", 175, {0, 0, INTO, 8}},
  {"sigaltstack", 186, {0, INTO}}, {"mincore", 219, {1003, PAGE, INTO}},
  {"getcpu", 345, {INTO, 0, 0}}, {"sched_getaffinity", 242, {0, 4, INTO}},
  {"prctl", 172, {16, INTO}},
};

static long attempt(const struct call *c, uint32_t place) {
  long a[5];
  vector[0] = place;
  for (int i = 0; i < 5; i++) switch (c->arguments[i]) {
    case INTO: a[i] = (long)place; break;
    case 1001: a[i] = file; break;
    case 1002: a[i] = directory; break;
    case 1003: a[i] = pages; break;
    case 1004: a[i] = (long)vector; break;
    case 1005: a[i] = (long)"/proc/self/exe"; break;
    case 1006: a[i] = (long)"/"; break;
    case 1007: a[i] = (long)""; break;
    default: a[i] = (long)c->arguments[i];
    }
  lseek(file, 0, SEEK_SET);
  lseek(directory, 0, SEEK_SET);
  return call((long)c->number, a[0], a[1], a[2], a[3], a[4]);
}

/* With memory that it may store to, each call must return something other than EFAULT, or its line proves
 * nothing. */
static int store_into(const char *name) {
  static uint32_t good[256];
  uint32_t here;
  uint32_t place = !strcmp(name, "vvar") ? vvar + 8 : !strcmp(name, "vdso") ? vdso
                   : !strcmp(name, "kernel") ? KERNEL : !strcmp(name, "vectors") ? VECTORS
                   : !strcmp(name, "null") ? 16 : !strcmp(name, "page0") ? LOWEST - PAGE
                   : !strcmp(name, "stack") ? (uint32_t)(uintptr_t)&here - (9u << 20) : 0;
  if (!place) return puts("no such address"), 2;
  file = open("/init", O_RDONLY);
  directory = open("/", O_RDONLY);
  pages = (int)page_with(PROT_READ);
  for (const struct call *c = calls; c < calls + sizeof calls / sizeof *calls; c++) {
    long allowed = attempt(c, (uint32_t)(uintptr_t)good);
    printf("%s: %ld%s\n", c->name, attempt(c, place), allowed < 0 ? " and never works" : "");
  }
  return 0;
}

int main(int argc, char **argv) {
  find_mappings();
  if (argc < 2) return puts("vm_attack NUMBER | into PLACE"), 2;
  if (!vvar || !vdso || vdso != getauxval(AT_SYSINFO_EHDR)) return puts("no vDSO"), 2;
  if (argc > 2) return store_into(argv[2]);
  int way = atoi(argv[1]);
  if (way >= 100) {
    faults(way);
    return printf("way %d was allowed\n", way), 3;
  }
  if (way == 50) { /* brk into them answers with the old end */
    uint32_t end = (uint32_t)call(SYS_brk, 0, 0, 0, 0, 0);
    uint32_t got = (uint32_t)call(SYS_brk, vdso + 16, 0, 0, 0, 0);
    return printf("%s\n", got == end ? "refused" : "allowed"), got != end;
  }
  if (way == 51) { /* clock_gettime64 without a buffer */
    long result = call(403, 0, vvar, 0, 0, 0);
    return printf("%ld\n", result), result != -EFAULT;
  }
  static uint32_t copy[PAGE / 4];
  memcpy(copy, (void *)(uintptr_t)vdso, PAGE);
  read_maps(before, sizeof before);
  long result = refused(way);
  read_maps(after, sizeof after);
  printf("way %d: %ld\n", way, result);
  if (strcmp(before, after)) return printf("maps changed\n%s\n%s", before, after), 4;
  if (memcmp(copy, (void *)(uintptr_t)vdso, PAGE)) return puts("the image changed"), 5;
  return result == -EPERM ? 0 : 6;
}
