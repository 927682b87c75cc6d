// SPDX-License-Identifier: Apache-2.0
/* The console as a terminal. usage: terminal end | settings | line | key | paste COUNT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
  ((condition) ? (void)0 : (printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno), exit(1)))

/* Everything up to the end of the input; then every read returns 0. */
static int end(void) {
  char buffer[64];
  struct pollfd entry = {0, POLLIN, 0};
  while (read(0, buffer, sizeof buffer) > 0) {}
  CHECK(read(0, buffer, 1) == 0);
  CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLIN);
  puts("end of file");
  return 0;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void change(int minimum, int time) {
  struct termios raw;
  CHECK(tcgetattr(0, &raw) == 0);
  raw.c_lflag &= ~(ICANON | ECHO);
  raw.c_cc[VMIN] = minimum, raw.c_cc[VTIME] = time;
  CHECK(tcsetattr(0, TCSANOW, &raw) == 0);
}

static int settings(void) {
  struct termios first, second;
  CHECK(tcgetattr(0, &first) == 0);
  CHECK(first.c_iflag == (ICRNL | IXON) && first.c_oflag == (OPOST | ONLCR));
  CHECK(first.c_lflag == (ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN));
  CHECK(cfgetospeed(&first) == B115200 && first.c_cc[VMIN] == 1 && first.c_cc[VINTR] == 3);
  second = first;
  second.c_cc[VINTR] = 7, second.c_lflag &= ~ECHO;
  CHECK(tcsetattr(1, TCSAFLUSH, &second) == 0 && tcgetattr(2, &second) == 0);
  CHECK(second.c_cc[VINTR] == 7 && !(second.c_lflag & ECHO));
  CHECK(tcsetattr(0, TCSADRAIN, &first) == 0);
  struct winsize size;
  CHECK(ioctl(0, TIOCGWINSZ, &size) == 0 && size.ws_row == 24 && size.ws_col == 80);
  CHECK(tcgetpgrp(0) == getpgrp() && tcgetsid(0) == getsid(0) && getsid(0) == getpid());
  CHECK(tcsetpgrp(0, 9999) == -1 && errno == ESRCH);
  CHECK(ioctl(0, 0x5499, 0) == -1 && errno == ENOTTY);
  CHECK(tcflush(0, 7) == -1 && errno == EINVAL && tcflush(0, TCIOFLUSH) == 0);
  CHECK(tcflow(1, TCOOFF) == 0 && tcflow(1, TCOON) == 0 && tcdrain(1) == 0);
  CHECK(tcsendbreak(1, 0) == 0);
  int count = -1;
  CHECK(ioctl(1, TIOCOUTQ, &count) == 0 && count == 0);
  int pipes[2];
  CHECK(pipe(pipes) == 0 && ioctl(pipes[0], TCGETS, &second) == -1 && errno == ENOTTY);
  if (fork() == 0) {
    int terminal = open("/dev/tty", O_RDWR);
    CHECK(terminal >= 0 && close(terminal) == 0 && setsid() == getpid());
    CHECK(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    CHECK(tcgetpgrp(0) == -1 && errno == ENOTTY);
    CHECK(ioctl(0, TIOCSCTTY, 0) == -1 && errno == EPERM);
    CHECK(open("/dev/ttyAMA0", O_RDWR) >= 0 && open("/dev/tty", O_RDWR) == -1);
    CHECK(ioctl(0, TIOCSCTTY, 1) == 0 && tcgetpgrp(0) == getpid());
    _exit(0);
  }
  int status;
  CHECK(wait(&status) > 0 && status == 0);
  CHECK(tcgetpgrp(0) == -1 && errno == ENOTTY);
  CHECK(open("/dev/ttyAMA0", O_RDWR) >= 0 && tcgetpgrp(0) == getpgrp());
  char byte;
  change(0, 0);
  CHECK(read(0, &byte, 1) == 0);
  change(0, 2);
  long long begin = now();
  CHECK(read(0, &byte, 1) == 0 && now() - begin >= 200000000);
  CHECK(tcsetattr(0, TCSADRAIN, &first) == 0);
  puts("settings: as on Linux");
  return 0;
}

static volatile sig_atomic_t caught;
static void catch(int number) { caught = number; }

/* A key sends a signal, although no thread reads and a real-time thread runs. */
static int key(void) {
  struct sigaction action = {.sa_handler = catch};
  struct sched_param parameters = {.sched_priority = 50};
  CHECK(sigaction(SIGINT, &action, NULL) == 0);
  CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters) == 0);  /* musl refuses. */
  struct termios settings;
  CHECK(tcgetattr(0, &settings) == 0);  /* The first bytes are taken now, the others by interrupts. */
  while (!caught) {}
  printf("signal %d\n", (int)caught);
  return 0;
}

/* A line that was edited. */
static int line(void) {
  char buffer[64];
  long count = read(0, buffer, sizeof buffer);
  CHECK(count > 0);
  printf("%ld: <%.*s>\n", count, (int)count - 1, buffer);
  return 0;
}

/* Many lines, each with its number. */
static int paste(long count) {
  char buffer[256];
  struct termios settings;
  CHECK(tcgetattr(0, &settings) == 0);
  settings.c_lflag &= ~ECHO;
  CHECK(tcsetattr(0, TCSANOW, &settings) == 0);
  for (long number = 0; number < count; number++) {
    long size = read(0, buffer, sizeof buffer);
    CHECK(size == 64 && buffer[63] == '\n' && atol(buffer) == number);
  }
  printf("%ld lines\n", count);
  return 0;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (count == 3) return paste(atol(arguments[2]));
  if (count != 2) return 2;
  if (!strcmp(arguments[1], "end")) return end();
  if (!strcmp(arguments[1], "settings")) return settings();
  if (!strcmp(arguments[1], "line")) return line();
  return key();
}
