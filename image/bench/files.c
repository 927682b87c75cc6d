// SPDX-License-Identifier: Apache-2.0
/* What calls on files, pipes and signals cost, as lines `name instructions`. Run it with
 * `tools/run --icount`; it runs on Linux, too. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PAGE = 4096, PAGES = 64, PIPES = 64, EVENTS = 1000, CALLS = 16, BATCHES = 20 };

static char bytes[PAGE];
static int file, ends[2];

static void report(const char *name, uint64_t counts, unsigned calls) {
  printf("%s %.1f\n", name, (double)counts * INSTRUCTIONS_PER_COUNT / calls);
}

/* Prints the cost of a call: the shortest of several batches, because a tick disturbs some. */
static void cost(const char *name, void (*call)(void)) {
  uint64_t least = UINT64_MAX;
  call();
  for (int i = 0; i < BATCHES; i++) {
    uint64_t begun = stamp();
    for (int n = 0; n < CALLS; n++) call();
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
  }
  report(name, least, CALLS);
}

static void on_signal(int number) { (void)number; }
static void signal_self(void) { kill(getpid(), SIGUSR1); }

static void status_of_path(void) {
  struct stat status;
  stat("/init", &status);
}

static void open_read_close(void) {
  int descriptor = open("/init", O_RDONLY);
  read(descriptor, bytes, 64);
  close(descriptor);
}

static void read_page(void) { pread(file, bytes, PAGE, 0); }

static void through_pipe(void) {
  write(ends[1], bytes, 1);
  read(ends[0], bytes, 1);
}

static int there[2], back[2];
static void round_trip(void) {
  write(there[1], bytes, 1);
  read(back[0], bytes, 1);
}

/* A byte to another process and back. */
static void two_processes(void) {
  if (pipe(there) || pipe(back)) return;
  if (fork() == 0) {
    close(there[1]);
    while (read(there[0], bytes, 1) == 1) write(back[1], bytes, 1);
    _exit(0);
  }
  cost("pipe_round_trip", round_trip);
  close(there[1]);
  wait(0);
}

static struct pollfd polled[PIPES];
static void poll_all(void) { poll(polled, PIPES, 0); }

static void poll_pipes(void) {
  for (int i = 0; i < PIPES; i++) {
    int pair[2];
    if (pipe(pair)) return;
    polled[i] = (struct pollfd){.fd = pair[0], .events = POLLIN};
  }
  cost("poll_pipes", poll_all);
  for (int i = 0; i < PIPES; i++) close(polled[i].fd), close(polled[i].fd + 1);
}

static int instance;
static void wait_events(void) {
  struct epoll_event event;
  epoll_wait(instance, &event, 1, 0);
}

static void epoll_ready(void) {
  instance = epoll_create1(0);
  int last = -1;
  for (int i = 0; i < EVENTS; i++) {
    int counter = eventfd(0, 0);
    if (counter < 0) return;
    epoll_ctl(instance, EPOLL_CTL_ADD, counter, &(struct epoll_event){.events = EPOLLIN});
    last = counter;
  }
  uint64_t one = 1;
  write(last, &one, sizeof one);
  cost("epoll_ready", wait_events);
}

/* The first access to each page of a file that is in memory. */
static void file_faults(void) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < BATCHES; i++) {
    char *mapped = mmap(0, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) return;
    uint64_t begun = stamp();
    for (int n = 0; n < PAGES; n++) (void)*(volatile char *)(mapped + n * PAGE);
    uint64_t took = stamp() - begun;
    if (took < least) least = took;
    munmap(mapped, PAGES * PAGE);
  }
  report("file_fault", least, PAGES);
}

int main(void) {
  signal(SIGUSR1, on_signal);
  cost("signal_self", signal_self);
  cost("stat_path", status_of_path);
  cost("open_read_close", open_read_close);
  file = open("/tmp/measured", O_RDWR | O_CREAT, 0600);
  if (file < 0) file = open("/measured", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < PAGES; i++) write(file, bytes, PAGE);
  cost("read_page", read_page);
  file_faults();
  if (pipe(ends)) return 1;
  cost("pipe", through_pipe);
  two_processes();
  poll_pipes();
  epoll_ready();
  return 0;
}
