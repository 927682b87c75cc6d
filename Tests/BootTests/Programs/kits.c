// SPDX-License-Identifier: Apache-2.0
/* Maps kits without what generates calls of them: counter (private data: 7, and its own address) and
 * box (two pages that programs share). Each has the functions NAME_answer and NAME_base. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meminfo.h"

#define PAGE 4096

/* Maps a kit; NULL if that fails. */
static char *map_kit(const char *name, int flags) {
  char path[64] = "/dev/kits/";
  struct stat status;
  int file = open(strcat(path, name), flags);
  if (file < 0 || fstat(file, &status)) return NULL;
  char *base = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return base == MAP_FAILED ? NULL : base;
}

/* A function of the kit at `base`, by its header. */
static void *function(char *base, const char *name) {
  Elf32_Ehdr *header = (Elf32_Ehdr *)base;
  Elf32_Phdr *segments = (Elf32_Phdr *)(base + header->e_phoff);
  Elf32_Dyn *dynamic = NULL;
  for (int i = 0; i < header->e_phnum; i++)
    if (segments[i].p_type == PT_DYNAMIC) dynamic = (Elf32_Dyn *)(base + segments[i].p_vaddr);
  uint32_t *hash = NULL;
  Elf32_Sym *symbols = NULL;
  char *strings = NULL;
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
    if (dynamic->d_tag == DT_HASH) hash = (uint32_t *)(base + dynamic->d_un.d_ptr);
    if (dynamic->d_tag == DT_SYMTAB) symbols = (Elf32_Sym *)(base + dynamic->d_un.d_ptr);
    if (dynamic->d_tag == DT_STRTAB) strings = base + dynamic->d_un.d_ptr;
  }
  for (uint32_t i = 1; hash && i < hash[1]; i++)
    if (!strcmp(strings + symbols[i].st_name, name)) return base + symbols[i].st_value;
  return NULL;
}

/* How a child ends that stores a word: its exit status, or 128 and the signal. */
static int store(void *place) {
  int status = -1;
  if (fork() == 0) {
    *(volatile uint32_t *)place = 1;
    _exit(0);
  }
  wait(&status);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void *threads_call(void *base) {
  int (*answer)(void) = (int (*)(void))function(base, "counter_answer");
  return (void *)(intptr_t)answer();
}

static void calls(char *base) {
  int (*answer)(void) = (int (*)(void))function(base, "counter_answer");
  void *(*own_base)(void) = (void *(*)(void))function(base, "counter_base");
  CHECK(answer && answer() == 42, "the answer");
  CHECK(own_base && own_base() == base, "%p, not %p", own_base(), base);
  pthread_t thread;
  void *result = NULL;
  CHECK(pthread_create(&thread, NULL, threads_call, base) == 0, "a thread");
  pthread_join(thread, &result);
  CHECK(result == (void *)42, "a thread's answer: %p", result);
  CHECK(strstr(read_file("/proc/self/maps"), "[kit:counter]") != NULL, "the name in maps");
}

static void rights(char *base, char *machine, char *box) {
  CHECK(store(base) == 128 + SIGSEGV, "a store to the text");
  CHECK(store(base + PAGE) == 0, "a store to private data");
  CHECK(store(machine + PAGE) == 128 + SIGSEGV, "a store to a page of the kernel's");
  CHECK(store(box + PAGE) == 0 && *(uint32_t *)(box + PAGE) == 1, "a store to a shared page");
  CHECK(munmap(base, PAGE) == -1 && errno == EPERM, "munmap: %d", errno);
  CHECK(mprotect(base, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EPERM, "mprotect: %d",
      errno);
  CHECK(mremap(base, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EPERM, "mremap: %d",
      errno);
  char *fixed = mmap(base, PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(fixed == MAP_FAILED && errno == EPERM, "MAP_FIXED: %d", errno);
  CHECK(open("/dev/kits/counter", O_RDWR) == -1 && errno == EACCES, "open for writing: %d", errno);
}

/* One of many processes: its private data is its own, the shared page everybody's. */
static int member(int number) {
  char *base = map_kit("counter", O_RDONLY), *box = map_kit("box", O_RDWR);
  if (!base || !box) return 1;
  volatile uint32_t *own = (volatile uint32_t *)(base + PAGE);
  if (own[0] != 7 || own[1] != (uint32_t)(uintptr_t)base + PAGE + 4) return 2;
  for (int i = 0; i < 50; i++) {
    own[0] = (uint32_t)number;
    __atomic_fetch_add((uint32_t *)(box + 2 * PAGE), 1, __ATOMIC_RELAXED);
    if (i % 10 == 0) usleep(1000);
    if (own[0] != (uint32_t)number) return 3;
  }
  return 0;
}

static void many(int count) {
  int failed = 0, status;
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child == 0) _exit(member(i + 100));
    if (child < 0) failed++;
  }
  while (wait(&status) > 0) failed += status != 0;
  CHECK(failed == 0, "%d of %d", failed, count);
}

/* What a reader sees of the shared pages, and what exec leaves of all. */
static int reader(void) {
  char *box = map_kit("box", O_RDONLY);
  CHECK(strstr(read_file("/proc/self/maps"), "[kit:counter]") == NULL, "a kit after exec");
  CHECK(box && *(uint32_t *)(box + 2 * PAGE) == 0, "pages that no process had");
  CHECK(store(box + PAGE) == 128 + SIGSEGV, "a reader's store");
  CHECK(map_kit("box", O_RDONLY) == box, "the second mapping");
  CHECK(map_kit("box", O_RDWR) == NULL && errno == EEXIST, "another right: %d", errno);
  return verdict("kits, after exec");
}

int main(int count, char **arguments) {
  if (count > 2) return reader();
  setvbuf(stdout, NULL, _IOLBF, 0);
  many(4);
  long before = free_kib();
  many(count > 1 ? atoi(arguments[1]) : 64);
  long after = free_kib();
  CHECK(after >= before - 64, "%ld KiB, then %ld", before, after);

  char *base = map_kit("counter", O_RDONLY), *machine = map_kit("vstat", O_RDONLY);
  char *box = map_kit("box", O_RDWR);
  CHECK(base && machine && box, "errno %d", errno);
  if (failures) return verdict("kits");
  CHECK(*(uint32_t *)(box + 2 * PAGE) == 0, "pages that no process had");
  CHECK(map_kit("counter", O_RDONLY) == base, "the second mapping");
  calls(base);
  rights(base, machine, box);
  CHECK(*(uint32_t *)(base + PAGE) == 7, "a child's store");
  if (verdict("kits")) return 1;
  execl("/proc/self/exe", "kits", "0", "after", NULL);
  return 2;
}
