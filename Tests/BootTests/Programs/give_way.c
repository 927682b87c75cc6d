// SPDX-License-Identifier: Apache-2.0
/* How late a thread of the highest real-time priority wakes while a process of the lowest priority makes one
 * long call after another, and how soon a signal ends such a call. For a machine that counts instructions, each
 * of which takes a nanosecond (tools/run --icount).
 *
 * usage: give_way LIMIT: the most instructions that a wake-up may be late
 *        give_way 0 [LIMIT]: no limit for wake-ups, but for the longest section with preemption off of each CPU, which a
 *        kernel that measures it has in /proc/latency; prints it as `longest_preempt_off INSTRUCTIONS`
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { BYTES = 32 << 20, REGIONS = 8000, PIECES = 1024, SLEEPS = 100, PERIOD = 1003001 };
static char *memory;
static struct iovec pieces[PIECES];
static int zero, null;

static void random_bytes(void) { syscall(SYS_getrandom, memory, BYTES, 0); }
static void zeros(void) { (void)!read(zero, memory, BYTES); }
static void zero_pieces(void) { (void)!readv(zero, pieces, PIECES); }
static void null_pieces(void) { (void)!writev(null, pieces, PIECES); }
static void resident(void) { mincore(memory, BYTES, (unsigned char *)memory); }
static void file(void) {
  int program = open("/init", O_RDONLY);
  (void)!read(program, memory, BYTES);
  close(program);
}

/* New memory whose pages are touched, so that each has a frame. */
static char *touched(int flags) {
  char *pages = mmap(0, BYTES, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < BYTES; i += 4096) pages[i] = 1;
  return pages;
}
/* As many regions as pages, none of which has a frame. */
static char *regions(void) {
  char *pages = mmap(0, REGIONS << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < REGIONS; i += 2) mprotect(pages + (i << 12), 4096, PROT_READ);
  return pages;
}
static void unmap(void) { munmap(touched(MAP_PRIVATE), BYTES); }
static void unmap_part(void) {
  char *pages = touched(MAP_PRIVATE);
  munmap(pages + 4096, BYTES - 8192);
  munmap(pages, BYTES);
}
static void unmap_regions(void) { munmap(regions(), REGIONS << 12); }
static void replace(void) {
  static char *pages;
  if (!pages) pages = touched(MAP_PRIVATE);
  for (int i = 0; i < BYTES; i += 4096) pages[i] = 1;
  mmap(pages, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
static void heap(void) {
  long base = syscall(SYS_brk, 0);
  syscall(SYS_brk, base + BYTES);
  for (int i = 0; i < BYTES; i += 4096) ((char *)base)[i] = 1;
  syscall(SYS_brk, base);
}
static void child(void (*call)(void)) {
  pid_t pid = fork();
  if (pid == 0) {
    call();
    _exit(0);
  }
  waitpid(pid, 0, 0);
}
static void nothing(void) {}
static void fork_touched(void) {
  static char *pages;
  if (!pages) pages = touched(MAP_PRIVATE);
  child(nothing);
}
static void fork_shared(void) {
  char *pages = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  child(nothing);
  munmap(pages, BYTES);
}
static void fork_regions(void) {
  static char *pages;
  if (!pages) pages = regions();
  child(nothing);
}
static void make_regions(void) { regions(); }
static void exit_regions(void) { child(make_regions); }
static void touch(void) { touched(MAP_PRIVATE); }
static void exit_touched(void) { child(touch); }
static void execute(void) {
  pid_t pid = vfork();
  if (pid == 0) {
    execl("/init", "init", (char *)0);
    _exit(1);
  }
  waitpid(pid, 0, 0);
}
static void execute_touched(void) {
  pid_t pid = fork();
  if (pid == 0) {
    touch();
    execl("/init", "init", (char *)0);
    _exit(1);
  }
  waitpid(pid, 0, 0);
}

static void execute_long(void) {
  static char *arguments[18], text[100000];
  for (int i = 0; i < 99999; i++) text[i] = 'x';
  for (int i = 0; i < 17; i++) arguments[i] = text;
  pid_t pid = vfork();
  if (pid == 0) {
    execv("/init", arguments);
    _exit(1);
  }
  waitpid(pid, 0, 0);
}
static char *pages(void) {
  static char *pages;
  if (!pages) pages = touched(MAP_PRIVATE);
  return pages;
}
static void protect(void) {
  mprotect(pages(), BYTES, PROT_READ);
  mprotect(pages(), BYTES, PROT_READ | PROT_WRITE);
}
static void protect_regions(void) {
  static char *many;
  if (!many) many = regions();
  mprotect(many, REGIONS << 12, PROT_READ);
  for (int i = 0; i < REGIONS; i += 2) mprotect(many + (i << 12), 4096, PROT_NONE);
}
static void move(void) {
  static char *places[2];
  if (!places[0]) places[0] = touched(MAP_PRIVATE), places[1] = touched(MAP_PRIVATE);
  mremap(places[0], BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, places[1]);
  mremap(places[1], BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, places[0]);
}
static void discard(void) {
  for (int i = 0; i < BYTES; i += 4096) pages()[i] = 1;
  madvise(pages(), BYTES, MADV_DONTNEED);
}
static void lock(void) {
  madvise(pages(), BYTES, MADV_DONTNEED);
  mlock(pages(), BYTES);
}
static void lock_regions(void) {
  static char *many;
  if (!many) {
    many = mmap(0, REGIONS << 12, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < REGIONS; i += 2) mprotect(many + (i << 12), 4096, PROT_READ | PROT_WRITE);
  }
  mlock(many, REGIONS << 12);
  munlock(many, REGIONS << 12);
}
static void populate(void) {
  munmap(mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), BYTES);
}
static void map_file(void) {
  int program = open("/init", O_RDONLY);
  munmap(mmap(0, BYTES, PROT_READ, MAP_PRIVATE, program, 0), BYTES);
  close(program);
}
static void read_regions(const char *path) {
  static char *many;
  if (!many) many = regions();
  int text = open(path, O_RDONLY);
  while (read(text, memory, BYTES) > 0) continue;
  close(text);
}
static void maps(void) { read_regions("/proc/self/maps"); }
static void details(void) { read_regions("/proc/self/smaps"); }
static void details_touched(void) {
  static char *there;
  if (!there) there = touched(MAP_PRIVATE);
  int text = open("/proc/self/smaps", O_RDONLY);
  while (read(text, memory, BYTES) > 0) continue;
  close(text);
}
static void shared_file(void) {
  int program = open("/init", O_RDONLY), other = dup(program);
  (void)!read(program, memory, BYTES);
  close(program);
  close(other);
}
static void limited(void) {
  static char *many;
  if (!many) {
    many = regions();
    struct rlimit limit = {1 << 30, 1 << 30};
    setrlimit(RLIMIT_AS, &limit);
  }
  munmap(mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}
static void poll_many(void) {
  struct pollfd files[60];
  for (int i = 0; i < 60; i++) files[i] = (struct pollfd){i % 3, POLLOUT, 0};
  poll(files, 60, 0);
}
static void signal_all(void) { kill(-1, 0); }
static void close_many(void) {
  for (int i = 0; i < 50; i++) dup(zero);
  execute_touched();
  for (int i = 5; i < 60; i++) close(i);
}
static void path(const char *part) {
  static char name[4096];
  int length = strlen(part);
  for (int i = 0; i < 4095; i++) name[i] = part[i % length];
  access(name, F_OK);
}
static void path_of_dots(void) { path("/."); }
static void path_of_slashes(void) { path("/"); }
static void path_of_names(void) { path("/dev/.."); }

static const struct { const char *name; void (*call)(void); } loads[] = {
    {"getrandom", random_bytes}, {"read of zeros", zeros}, {"readv of zeros", zero_pieces},
    {"writev to null", null_pieces}, {"mincore", resident}, {"read of a file", file},
    {"munmap", unmap}, {"munmap of a part", unmap_part}, {"munmap of regions", unmap_regions},
    {"mmap at a fixed address", replace}, {"brk", heap},
    {"fork", fork_touched}, {"fork with shared memory", fork_shared}, {"fork of regions", fork_regions},
    {"exit", exit_touched}, {"exit with regions", exit_regions},
    {"vfork and exec", execute}, {"exec", execute_touched}, {"exec with 1.7 MB", execute_long},
    {"mprotect", protect}, {"mprotect of regions", protect_regions}, {"mremap", move},
    {"madvise", discard}, {"mlock", lock}, {"mlock of regions", lock_regions},
    {"MAP_POPULATE", populate}, {"mmap of a file", map_file},
    {"maps", maps}, {"smaps", details}, {"smaps of touched memory", details_touched},
    {"read of a shared file", shared_file}, {"mmap below a limit", limited}, {"poll", poll_many},
    {"kill", signal_all}, {"fork and exec with many files", close_many},
    {"path of dots", path_of_dots}, {"path of slashes", path_of_slashes}, {"path of names", path_of_names},
};

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t due) {
  struct timespec t = {due / 1000000000, due % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
}

/* By call, because musl's function only answers ENOSYS. */
static void schedule(int policy, int priority) {
  struct sched_param parameters = {.sched_priority = priority};
  CHECK(syscall(SYS_sched_setscheduler, 0, policy, &parameters) == 0, "policy %d", policy);
}

static pid_t start(void (*call)(void)) {
  pid_t child = fork();
  if (child == 0) {
    schedule(SCHED_IDLE, 0);
    for (;;) call();
  }
  return child;
}

static void compute(void) {}

/* The time from a signal to the end of a process that repeats `call`, soon after it has begun, when there are few
 * pages to be freed. */
static int64_t end_of(void (*call)(void)) {
  pid_t child = start(call);
  schedule(SCHED_FIFO, 99);
  sleep_until(now() + 3 * PERIOD);
  int status = 0;
  int64_t begun = now();
  kill(child, SIGKILL);
  schedule(SCHED_OTHER, 0);
  CHECK(waitpid(child, &status, 0) == child && status == SIGKILL, "status %x", status);
  return now() - begun;
}

/* The longest section with preemption off since `forget_sections`, of all CPUs; `sections` has the file. */
static char sections[2048];
static int latency;
static long longest_section(void) {
  long most = 0, length;
  ssize_t size = pread(latency, sections, sizeof sections - 1, 0);
  sections[size > 0 ? size : 0] = 0;
  for (char *line = sections; (line = strstr(line, "\nlatency: cpu ")); line++)
    if (sscanf(line, " latency: cpu %*d %ld", &length) == 1 && length > most) most = length;
  return most;
}

/* Without the sections of what this program prints. */
static void forget_sections(void) { CHECK(write(latency, "0", 1) == 1, "/proc/latency"); }

int main(int count, char **arguments) {
  if (count < 2 || *arguments[1] == 'x') return 0;  /* As `execute` runs it. */
  long limit = atol(arguments[1]), longest = 0;
  memory = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < PIECES; i++) pieces[i] = (struct iovec){memory, 4096};
  if (!limit) latency = open("/proc/latency", O_RDWR);
  zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
  for (unsigned load = 0; load < sizeof loads / sizeof *loads; load++) {
    if (!limit) forget_sections();
    pid_t child = start(loads[load].call);
    schedule(SCHED_FIFO, 99);
    int64_t due = now(), sum = 0, most = 0;
    for (int i = 0; i < SLEEPS; i++) {
      due += PERIOD;
      sleep_until(due);
      int64_t late = now() - due;
      sum += late;
      if (late > most) most = late;
    }
    long section = limit ? 0 : longest_section();
    if (section > longest) longest = section;
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    printf("%s: late %lld, most %lld\n", loads[load].name, (long long)sum / SLEEPS, (long long)most);
    if (limit) CHECK(most <= limit, "%s: %lld late", loads[load].name, (long long)most);
    else printf("%s: preemption off for %ld: %s", loads[load].name, section, sections);
    fflush(stdout);
    schedule(SCHED_OTHER, 0);
  }
  if (!limit) {
    printf("longest_preempt_off %ld\n", longest);
    limit = count > 2 ? atol(arguments[2]) : longest;
    CHECK(longest > 0 && longest <= limit, "preemption was off for %ld instructions", longest);
    return verdict("give_way");
  }
  int64_t computing = end_of(compute), calling = end_of(random_bytes);
  printf("SIGKILL: %lld, in a call %lld\n", (long long)computing, (long long)calling);
  CHECK(calling - computing < 10000, "the signal took %lld more", (long long)(calling - computing));
  return verdict("give_way");
}
