// SPDX-License-Identifier: Apache-2.0
/* A dynamically linked program: the addresses in its auxiliary vector, the objects that its dynamic linker
 * lists, a library that it opens while it runs, and that library's variable in two threads. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "check.h"

static int objects, has_vdso;

static int look(struct dl_phdr_info *info, size_t size, void *data) {
  objects++;
  unsigned long header = getauxval(AT_SYSINFO_EHDR);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type == PT_LOAD && info->dlpi_addr + segment->p_vaddr == header) has_vdso = 1;
  }
  return 0;
}

/* The path of the mapping at `address`; an empty text if there is none. */
static const char *mapping(unsigned long address) {
  static char line[256], path[128];
  FILE *maps = fopen("/proc/self/maps", "r");
  unsigned long start, end;
  path[0] = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    path[0] = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %127s", &start, &end, path) >= 2 && address >= start &&
        address < end)
      break;
  }
  if (maps) fclose(maps);
  return path;
}

static void *in_thread(void *variable) {
  int *mine = ((int *(*)(void))variable)();
  CHECK(*mine == 5, "%d in the second thread", *mine);
  *mine = 9;
  return mine;
}

int main(int argc, char **argv) {
  CHECK(strstr(mapping(getauxval(AT_BASE)), "/lib/ld-"), "AT_BASE is in '%s'", mapping(getauxval(AT_BASE)));
  CHECK(!strcmp(mapping(getauxval(AT_PHDR)), "/init"), "AT_PHDR is in '%s'", mapping(getauxval(AT_PHDR)));
  CHECK(!strcmp(mapping(getauxval(AT_ENTRY)), "/init"), "AT_ENTRY is in '%s'", mapping(getauxval(AT_ENTRY)));
  dl_iterate_phdr(look, 0);
  CHECK(objects >= 3 && has_vdso, "%d objects, vDSO %d", objects, has_vdso);

  CHECK(!dlopen("libnone.so", RTLD_NOW) && dlerror(), "a library that does not exist was opened");
  void *plug = dlopen("libplug.so", RTLD_NOW);
  CHECK(plug, "libplug.so: %s", dlerror());
  if (plug) {
    int (*add)(int) = (int (*)(int))dlsym(plug, "plug_add");
    int *(*variable)(void) = (int *(*)(void))dlsym(plug, "plug_variable");
    long long (*seconds)(void) = (long long (*)(void))dlsym(plug, "plug_seconds");
    CHECK(add && add(3) == 10, "7 + 3 is %d", add ? add(3) : 0);
    CHECK(seconds && seconds() >= 0, "no time");
    pthread_t thread;
    void *theirs = 0;
    CHECK(!pthread_create(&thread, 0, in_thread, (void *)variable), "no thread");
    CHECK(!pthread_join(thread, &theirs), "no join");
    CHECK(theirs != variable() && *variable() == 5, "%d in the first thread", *variable());
    CHECK(!dlclose(plug), "dlclose: %s", dlerror());
  }
  return verdict("dynamic");
}
