/* Tries what a program must not be able to do to [vvar] and [vdso], each way by its number: a
 * refused system call must answer EPERM and change nothing, an access must end in SIGSEGV.
 * Without an argument it says how many ways there are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u

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

/* The refused system calls; each gives what the kernel answered. */
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
  default: return 1;
  }
}

/* The refused accesses; what returns has been allowed. */
static void faults(int way) {
  void (*jump)(void);
  switch (way) {
  case 100: *(volatile uint32_t *)(uintptr_t)vvar = 1; break;
  case 101: *(volatile uint32_t *)(uintptr_t)vdso = 1; break;
  case 102: jump = (void (*)(void))(uintptr_t)vvar; jump(); break;
  case 103: *(volatile uint32_t *)0x80010000u = 1; break;
  case 104: (void)*(volatile uint32_t *)0x80010000u; break;
  case 105: jump = (void (*)(void))0x80010000u; jump(); break;
  case 106: (void)*(volatile uint32_t *)0; break;
  case 107: *(volatile uint32_t *)0xfffc = 1; break;
  case 108: { uint32_t code[1] = {0xe12fff1e}; jump = (void (*)(void))(uintptr_t)code; jump(); break; }
  case 109: *(volatile uint32_t *)0xf0000000u = 1; break;
  case 110: (void)*(volatile uint32_t *)0xffff0000u; break;
  default: break;
  }
}

int main(int argc, char **argv) {
  find_mappings();
  if (argc < 2) return puts("27 calls, 11 accesses"), 0;
  int way = atoi(argv[1]);
  if (!vvar || !vdso || vdso != getauxval(AT_SYSINFO_EHDR)) return puts("no vDSO"), 2;
  if (way >= 100) {
    faults(way);
    return printf("way %d was allowed\n", way), 3;
  }
  if (way == 50) { /* brk into them answers with the old end */
    uint32_t end = (uint32_t)call(SYS_brk, 0, 0, 0, 0, 0);
    uint32_t got = (uint32_t)call(SYS_brk, vdso + 16, 0, 0, 0, 0);
    return printf("%s\n", got == end ? "refused" : "allowed"), got != end;
  }
  if (way == 51) { /* clock_gettime64 writes for nobody */
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
