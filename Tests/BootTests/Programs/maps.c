// SPDX-License-Identifier: Apache-2.0
/* Prints its own map, and compares it with the addresses that the program knows. */
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static char heap_name[] = "[heap]";
static const char constant[] = "read-only";

/* The line that holds the address: its permissions, or "none". */
static const char *permissions_at(const char *map, uintptr_t address, char *name) {
  static char permissions[8];
  for (const char *line = map; *line; line = strchr(line, '\n') + 1) {
    unsigned long from, to, offset, inode;
    char device[16];
    *name = 0;
    sscanf(line, "%lx-%lx %7s %lx %15s %lu%*[ ]%31[^\n]", &from, &to, permissions, &offset, device,
           &inode, name);
    if (address >= from && address < to) return permissions;
  }
  return "none";
}

static void expect(const char *map, const void *address, const char *permissions,
                   const char *name) {
  char found[32];
  const char *are = permissions_at(map, (uintptr_t)address, found);
  CHECK(!strcmp(are, permissions), "%p: %s, not %s", address, are, permissions);
  CHECK(!name || !strcmp(found, name), "%p: '%s', not '%s'", address, found, name);
}

int main(void) {
  static char map[8192];
  int local = 0;
  uintptr_t heap = (uintptr_t)syscall(SYS_brk, 0);
  CHECK((uintptr_t)syscall(SYS_brk, heap + 4096) == heap + 4096, "brk does not grow the heap");
  FILE *file = fopen("/proc/self/maps", "r");
  CHECK(file, "/proc/self/maps cannot be opened");
  if (!file) return verdict("maps");
  map[fread(map, 1, sizeof map - 1, file)] = 0;
  fclose(file);
  fputs(map, stdout);

  expect(map, (void *)((uintptr_t)main & ~(uintptr_t)1), "r-xp", 0);
  expect(map, heap_name, "rw-p", 0);
  expect(map, (void *)heap, "rw-p", heap_name);
  expect(map, &local, "rw-p", "[stack]");
  expect(map, 0, "none", 0);
  char found[32];
  CHECK(permissions_at(map, (uintptr_t)constant, found)[1] == '-', "constants can be written");
  const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
  if (image) {
    expect(map, image, "r-xp", "[vdso]");
    expect(map, image - 4096, "r--p", "[vvar]");
    expect(map, image - 8192, "r--p", "[vvar]");
    char line[40];
    sprintf(line, "%lx-%lx ", (unsigned long)image - 8192, (unsigned long)image);
    CHECK(strstr(map, line), "[vvar] is not one region of two pages");
  }
  return verdict("maps");
}
