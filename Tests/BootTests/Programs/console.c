// SPDX-License-Identifier: Apache-2.0
/* The console as programs see it: reads that wait, writes, poll, signals.
 * usage: console copy COUNT | idle | lines | waits */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
  ((condition) ? (void)0 : (printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno), exit(1)))

/* Reads COUNT bytes of a known sequence, which begins after an exclamation mark. */
static int copy(long count) {
  static uint8_t buffer[4096];
  uint32_t state = 1;
  while (read(0, buffer, 1) == 1 && buffer[0] != '!') {}
  for (long done = 0; done < count;) {
    ssize_t size = read(0, buffer, sizeof buffer);
    CHECK(size > 0);
    for (ssize_t index = 0; index < size; index++) {
      state = state * 1664525 + 1013904223;
      if (buffer[index] != (uint8_t)(state >> 24)) {
        printf("byte %ld differs\n", done + (long)index);
        return 1;
      }
    }
    done += size;
  }
  printf("%ld bytes\n", count);
  return 0;
}

/* The sum of the counts of the rows of /proc/interrupts that contain TEXT. */
static long interrupts(const char *text) {
  char line[256];
  long sum = 0;
  FILE *file = fopen("/proc/interrupts", "r");
  CHECK(file);
  while (fgets(line, sizeof line, file)) {
    if (!strstr(line, text)) continue;
    char *rest = strchr(line, ':') + 1, *end;
    for (long value = strtol(rest, &end, 10); end != rest; value = strtol(rest = end, &end, 10)) sum += value;
  }
  fclose(file);
  return sum;
}

/* A blocked reader needs no ticks, and SIGKILL ends it. */
static int idle(void) {
  pid_t child = fork();
  if (child == 0) {
    char byte;
    read(0, &byte, 1);
    _exit(1);
  }
  usleep(100000);
  long before = interrupts("arch_timer");
  usleep(1000000);
  long ticks = interrupts("arch_timer") - before;
  int status;
  CHECK(waitpid(child, &status, WNOHANG) == 0);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  printf("ticks: %s\n", ticks < 50 ? "few" : "many");
  return 0;
}

/* Several processes write lines; each write stays in one piece. */
static int lines(void) {
  for (int writer = 0; writer < 4; writer++) {
    if (fork() != 0) continue;
    char line[701];
    memset(line, 'a' + writer, 700);
    line[700] = '\n';
    for (int index = 0; index < 40; index++) {
      CHECK(write(1, line, sizeof line) == sizeof line);
      if (index % 8 == writer) usleep(1000);
    }
    _exit(0);
  }
  for (int status; wait(&status) > 0;) CHECK(status == 0);
  return 0;
}

static volatile int caught;
static void catch(int number) { caught += number; }

static int waits(void) {
  struct pollfd entry = {0, POLLIN | POLLOUT, 0};
  CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLOUT);
  entry.events = POLLIN;
  CHECK(poll(&entry, 1, 0) == 0);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  CHECK(poll(&entry, 1, 200) == 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  CHECK((end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec >= 200000000);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(0, &set);
  struct timeval timeout = {0, 1000};
  CHECK(select(1, &set, NULL, NULL, &timeout) == 0 && !FD_ISSET(0, &set));
  int count = -1;
  CHECK(ioctl(0, FIONREAD, &count) == 0 && count == 0);
  char byte;
  CHECK(fcntl(0, F_SETFL, O_NONBLOCK) == 0 && read(0, &byte, 1) == -1 && errno == EAGAIN);
  CHECK(fcntl(0, F_SETFL, 0) == 0);
  struct sigaction action = {.sa_handler = catch};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval timer = {{0, 0}, {0, 20000}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK(read(0, &byte, 1) == -1 && errno == EINTR && caught == SIGALRM);
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK(poll(&entry, 1, -1) == -1 && errno == EINTR && caught == 2 * SIGALRM);
  puts("waits: as on Linux");
  return 0;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (count == 3) return copy(atol(arguments[2]));
  if (count != 2) return 2;
  if (!strcmp(arguments[1], "idle")) return idle();
  if (!strcmp(arguments[1], "lines")) return lines();
  return waits();
}
