// SPDX-License-Identifier: Apache-2.0
/* What a call costs when as many processes, or threads of one process, as there are CPUs make it at once. Run it under
 * `tools/run --icount`: all CPUs then share one stream of instructions, so what each pays is the whole time divided by
 * the number of calls, and does not change with the number of CPUs unless they wait for each other.
 *
 * usage: scale WORKERS; prints lines of `NAME instructions`, with `_threads` appended for threads
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8, PAGE = 4096 };
struct common {
  atomic_int ready, begun;
  uint64_t end[MOST];
};
static struct common *common;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void name(void) {
  char text[16];
  prctl(PR_GET_NAME, text);
}

static void map(void) {
  volatile char *pages = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4; i++) pages[i * PAGE] = 1;
  munmap((void *)pages, 4 * PAGE);
}

static void file(void) {
  char bytes[64];
  int file = open("/init", O_RDONLY);
  if (read(file, bytes, sizeof bytes) < 0) exit(2);
  close(file);
}

static void process(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
}

static __thread int ends[2];
static void pipes(void) {
  char byte = 1;
  if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) exit(2);
}

static const struct {
  const char *name;
  void (*call)(void);
  int count, threads;
} works[] = {{"scale_name", name, 5000, 1}, {"scale_map", map, 500, 1}, {"scale_file", file, 1000, 1},
             {"scale_pipe", pipes, 1000, 1}, {"scale_fork", process, 40, 0}};
static int work;

static void *worker(void *number) {
  if (pipe(ends)) exit(2);
  atomic_fetch_add(&common->ready, 1);
  while (!atomic_load(&common->begun)) sched_yield();
  for (int i = 0; i < works[work].count; i++) works[work].call();
  common->end[(uintptr_t)number] = now();
  close(ends[0]);
  close(ends[1]);
  return 0;
}

static void measure(int workers, int are_threads) {
  pid_t children[MOST];
  pthread_t threads[MOST];
  atomic_store(&common->ready, 0);
  atomic_store(&common->begun, 0);
  for (uintptr_t i = 0; i < (uintptr_t)workers; i++)
    if (are_threads) {
      if (pthread_create(&threads[i], 0, worker, (void *)i)) exit(2);
    } else if ((children[i] = fork()) == 0) {
      worker((void *)i);
      _exit(0);
    }
  while (atomic_load(&common->ready) < workers) usleep(1000);
  uint64_t begin = now(), end = 0;
  atomic_store(&common->begun, 1);
  for (int i = 0; i < workers; i++)
    if (are_threads) pthread_join(threads[i], 0);
    else waitpid(children[i], 0, 0);
  for (int i = 0; i < workers; i++)
    if (common->end[i] > end) end = common->end[i];
  printf("%s%s %.0f\n", works[work].name, are_threads ? "_threads" : "", (double)(end - begin) / works[work].count / workers);
}

int main(int count, char **arguments) {
  int workers = count > 1 ? atoi(arguments[1]) : 1;
  if (workers < 1 || workers > MOST) return 2;
  common = mmap(0, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (work = 0; work < (int)(sizeof works / sizeof *works); work++) {
    measure(workers, 0);
    if (works[work].threads) measure(workers, 1);
  }
  return 0;
}
