// SPDX-License-Identifier: Apache-2.0
/* The kernel's reports about itself: /proc/tasks, /proc/locks and, in the debug kernel, /proc/trace.
 * usage: watch CPUS [debug]; watch latency [debug]: /proc/latency, on a machine that counts instructions */
#define _GNU_SOURCE
#include <poll.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static char text[1 << 20];

/* The whole file, read in pieces of this size. */
static long read_file(const char *path, size_t piece) {
  int file = open(path, O_RDONLY);
  if (file < 0) return -errno;
  long count = 0, n;
  while ((n = read(file, text + count, piece)) > 0) count += n;
  close(file);
  text[count] = 0;
  return n < 0 ? -errno : count;
}

static int write_file(const char *path, const char *what) {
  int file = open(path, O_WRONLY);
  if (file < 0) return -errno;
  long n = write(file, what, strlen(what));
  int result = n < 0 ? -errno : (int)n;
  close(file);
  return result;
}

/* A copy of the line that contains `what`; NULL if there is none. */
static char *line_with(const char *what) {
  static char line[256];
  char *place = strstr(text, what);
  if (!place) return 0;
  while (place > text && place[-1] != '\n') place--;
  snprintf(line, sizeof line, "%.*s", (int)strcspn(place, "\n"), place);
  return line;
}

static pthread_barrier_t barrier;

static void *named(void *unused) {
  prctl(PR_SET_NAME, "worker");
  char name[16];
  prctl(PR_GET_NAME, name);
  CHECK(!strcmp(name, "worker"), "a thread's own name: %s", name);
  pthread_barrier_wait(&barrier);
  struct timespec while_ = {0, 300000000};
  nanosleep(&while_, 0);
  return unused;
}

struct row {
  int id, cpu, priority, stack, used;
  long switches, milliseconds;
  char name[32], state[32], waits[32], affinity[16], policy[16];
  double percent;
};

static int parse(const char *line, struct row *row) {
  return line && sscanf(line, "%d %31s %31s %31s %d %15s %d %15s %d %d %ld %ld %lf", &row->id, row->name,
                        row->state, row->waits, &row->cpu, row->affinity, &row->priority, row->policy,
                        &row->stack, &row->used, &row->switches, &row->milliseconds, &row->percent) == 13;
}

static void tasks(int cpus) {
  pthread_t thread;
  struct row row;
  prctl(PR_SET_NAME, "the main one");
  pthread_barrier_init(&barrier, 0, 2);
  CHECK(!pthread_create(&thread, 0, named, 0), "a thread");
  pthread_barrier_wait(&barrier);
  struct timespec while_ = {0, 100000000};
  nanosleep(&while_, 0);
  CHECK(read_file("/proc/tasks", sizeof text) > 0, "read");
  CHECK(parse(line_with(" the?main?one "), &row), "the main thread: %s", text);
  CHECK(!strcmp(row.state, "running") && !strcmp(row.waits, "-") && !strcmp(row.policy, "rr"), "%s", text);
  CHECK(row.cpu == sched_getcpu() || cpus > 1, "it runs on CPU %d", row.cpu);
  CHECK(parse(line_with(" worker "), &row), "the thread: %s", text);
  CHECK(!strcmp(row.state, "waiting") && !strcmp(row.waits, "event"), "it sleeps: %s", text);
  int idle = 0, all = 0, busy = 0;
  for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
    double part;
    int cpu;
    if (sscanf(line, "cpu%d: busy %lf", &cpu, &part) == 2) {
      CHECK(cpu == busy && part >= 0 && part <= 100, "%s", text);
      busy++;
      continue;
    }
    CHECK(parse(line, &row), "a row: %.80s", line);
    CHECK(row.stack >= 12288 && row.used > 100 && row.used < row.stack, "stack of %.80s", line);
    CHECK(row.percent >= 0 && row.percent <= 100.1, "part of %.80s", line);
    idle += !strcmp(row.name, "idle");
    all++;
  }
  CHECK(idle == cpus && busy == cpus && all == cpus + 2, "%d idle, %d busy, %d in all: %s", idle, busy, all, text);
  pthread_join(thread, 0);
  /* Names that would deceive: no blank, no line feed, no escape; none at all. */
  prctl(PR_SET_NAME, "\n99 \x1b[2J%s\xff\t");
  CHECK(read_file("/proc/tasks", 7) > 0, "in pieces");
  CHECK(line_with(" ?99??[2J%s?? ") && !strchr(text, '\x1b'), "made harmless: %s", text);
  prctl(PR_SET_NAME, "");
  CHECK(read_file("/proc/tasks", sizeof text) > 0 && line_with(" ?               running"), "no name: %s", text);
  /* Fifteen letters, and as many processes as there is room for: each line is whole. */
  prctl(PR_SET_NAME, "abcdefghijklmnopqrst");
  int children = 0;
  while (children < 100) {
    pid_t child = fork();
    if (child < 0) break;
    if (child == 0) {
      struct timespec long_ = {20, 0};
      nanosleep(&long_, 0);
      _exit(0);
    }
    children++;
  }
  CHECK(children == 100, "%d children", children);
  long whole = read_file("/proc/tasks", sizeof text);
  int same = 0;
  for (char *line = text; (line = strstr(line, " abcdefghijklmno ")); line++) same++;
  CHECK(whole > 8000 && same == 101, "%ld bytes, %d of them", whole, same);
  CHECK(read_file("/proc/tasks", 100) == whole, "as long in pieces");
  for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1)
    if (strncmp(line, "cpu", 3)) CHECK(parse(line, &row), "a row in pieces: %.80s", line);
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
  while (wait(0) > 0) children--;
  CHECK(children == 0, "%d children are left", children);
}

static void use(void) {
  /* A second of work is a full second's load; the load covers the time since the last read. */
  struct row row;
  struct timespec begin, now, second = {1, 100000000};
  prctl(PR_SET_NAME, "worker");
  nanosleep(&second, 0);
  read_file("/proc/tasks", sizeof text);
  nanosleep(&second, 0);
  read_file("/proc/tasks", sizeof text);
  CHECK(parse(line_with(" worker "), &row) && row.percent < 30, "it slept: %s", text);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - begin.tv_sec) * 1000L + (now.tv_nsec - begin.tv_nsec) / 1000000 < 1100);
  read_file("/proc/tasks", sizeof text);
  CHECK(parse(line_with(" worker "), &row) && row.percent > 50, "it worked: %s", text);
}

static void locks(int debug) {
  static const char *names[] = {"memory", "kernel", "processes", "ticks", "timeouts", "timekeeper", "counter", "frames", "interrupts", "random", "waiters", "scheduler", "console"};
  int event = eventfd(0, 0);
  CHECK(event >= 0 && poll(&(struct pollfd){event, POLLIN, 0}, 1, 50) == 0, "an event");  // Takes the lock of the waiters.
  poll(&(struct pollfd){0, POLLIN, 0}, 1, 50);  // Takes the console's.
  close(event);
  long whole = read_file("/proc/locks", sizeof text);
  CHECK(whole > 0, "read");
  int last = 0, rows = 0;
  for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, rows++) {
    char name[32], cpu[16], taken[16], contended[16], held[16], waited[16];
    int level;
    CHECK(sscanf(line, "%31s %d %15s %15s %15s %15s %15s", name, &level, cpu, taken, contended, held, waited) == 7 &&
              rows < 13 && !strcmp(name, names[rows]) && level > last, "a row: %.80s", line);
    last = level;
    CHECK((strcmp(taken, "-") != 0) == debug, "counts are the debug kernel's: %.80s", line);
    if (debug && rows > 1) CHECK(atoi(taken) > 0, "it was taken: %.80s", line);
  }
  CHECK(rows == 13, "%d rows", rows);
  CHECK(read_file("/proc/locks", 7) == whole, "as long in pieces");
  CHECK(write_file("/proc/locks", "0") == -EROFS, "it cannot be written");
}

static void *turns(void *unused) {
  for (int i = 0; i < 20; i++) sched_yield();
  return unused;
}

static void trace(int debug) {
  struct stat status;
  pthread_t thread;
  if (!debug) {
    CHECK(read_file("/proc/trace", 1) == -ENOENT && write_file("/proc/trace", "on") == -ENOENT, "none");
    return;
  }
  CHECK(!stat("/proc/trace", &status) && status.st_mode == (S_IFREG | 0644) && !access("/proc/trace", W_OK), "mode");
  CHECK(write_file("/proc/trace", "yes") == -EINVAL && write_file("/proc/trace", "") == -EINVAL &&
            write_file("/proc/trace", "on and on") == -EINVAL, "only on and off");
  CHECK(write_file("/proc/trace", "on\n") == 3, "on");
  prctl(PR_SET_NAME, "traced");
  pthread_create(&thread, 0, turns, 0);
  turns(0);
  pthread_join(thread, 0);
  long whole = read_file("/proc/trace", sizeof text);
  CHECK(whole > 0 && !strncmp(text, "# trace 1, counter ", 19), "read: %.100s", text);
  CHECK(strstr(text, " away    ") && strstr(text, " wake    ") && strstr(text, " traced\n"), "events");
  CHECK(strstr(text, " name    "), "a name");
  char *copy = strdup(text);
  CHECK(read_file("/proc/trace", 999) == whole && !strcmp(copy, text), "reading stopped it");
  free(copy);
  CHECK(write_file("/proc/trace", "on") == 2 && write_file("/proc/trace", "off") == 3, "anew");
  CHECK(read_file("/proc/trace", sizeof text) < whole, "it began anew");
}

/* Under load: a call of many pages, which has preemption points. */
static void latency(int debug) {
  if (!debug) {
    CHECK(read_file("/proc/latency", 1) == -ENOENT && write_file("/proc/latency", "0") == -ENOENT, "none");
    return;
  }
  CHECK(write_file("/proc/latency", "0") == 1, "forget");
  for (int i = 0; i < 10; i++) {
    char *pages = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    CHECK(pages != MAP_FAILED && !munmap(pages, 8 << 20), "8 MiB");
  }
  CHECK(read_file("/proc/latency", sizeof text) > 0 && !strncmp(text, "# latency 1, build id ", 22), "%.100s", text);
  int cpu, length, end = 0;
  char call[16], from[16], to[16];
  char *line = strstr(text, "latency: cpu ");
  CHECK(line && sscanf(line, "latency: cpu %d %d %15s %15s %15s 0x%n", &cpu, &length, call, from, to, &end) == 5 && end,
        "a section with its place: %s", text);
  CHECK(cpu >= 0 && length > 0, "its length: %s", text);
}

int main(int count, char **arguments) {
  int cpus = count > 1 ? atoi(arguments[1]) : 1, debug = count > 2;
  if (count > 1 && !strcmp(arguments[1], "latency")) {
    latency(debug);
    return verdict("watch");
  }
  tasks(cpus);
  use();
  locks(debug);
  trace(debug);
  return verdict("watch");
}
