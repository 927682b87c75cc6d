// SPDX-License-Identifier: Apache-2.0
/* Pseudo-terminals: every line as Linux 6.1 prints it, in pseudo.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>

#include "answers.h"

static volatile int *shared;
static char buffer[8192];
static int master, slave;

static void states(const char *what, int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT, 0};
  int count = poll(&entry, 1, 0);
  printf("%s: %d %x\n", what, count, entry.revents);
}

/* Reads what is there, and prints it with its control bytes. */
static void show(const char *what, int file) {
  struct pollfd entry = {file, POLLIN, 0};
  printf("%s: <", what);
  if (poll(&entry, 1, 1000) == 1) {
    errno = 0;
    long count = read(file, buffer, sizeof buffer);
    if (count < 0) printf("errno %d", errno);
    for (long index = 0; index < count; index++) {
      if (buffer[index] < 32) printf("^%c", buffer[index] + 64);
      else putchar(buffer[index]);
    }
  }
  puts(">");
}

static int open_pair(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) || unlockpt(master)) return -1;
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  return slave;
}

static void opens(void) {
  struct stat status;
  int number = 7, one = 1, zero = 0;
  master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  SAY(master > 2);
  SAY(ioctl(master, TIOCGPTN, &number));
  SAY(number);
  SAY(ioctl(master, TIOCGPTN, 8));
  SAY(ioctl(master, TIOCGPTLCK, &number));
  SAY(number);
  SAY(open("/dev/pts/0", O_RDWR));
  SAY(open("/dev/pts/1", O_RDWR));
  SAY(open("/dev/pts/00", O_RDWR));
  SAY(ioctl(master, TIOCSPTLCK, &zero));
  slave = open("/dev/pts/0", O_RDWR | O_NOCTTY);
  SAY(slave > master);
  SAY(ioctl(master, TIOCSPTLCK, &one));
  SAY(open("/dev/pts/0", O_RDWR));
  SAY(ioctl(master, TIOCSPTLCK, 8));
  SAY(ioctl(slave, TIOCGPTN, &number));
  SAY(fstat(slave, &status));
  printf("%o %d %d\n", status.st_mode & S_IFMT, major(status.st_rdev), minor(status.st_rdev));
  SAY(fstat(master, &status));
  printf("%o %d %d\n", status.st_mode & S_IFMT, major(status.st_rdev), minor(status.st_rdev));
  SAY(isatty(slave));
  SAY(isatty(master));
  int second = posix_openpt(O_RDWR | O_NOCTTY);
  SAY(ioctl(second, TIOCGPTN, &number));
  SAY(number);
  SAY(access("/dev/pts/1", F_OK));
  close(second);
  SAY(access("/dev/pts/1", F_OK));
  SAY(lseek(slave, 0, SEEK_SET));
  SAY(pread(slave, buffer, 1, 0));
  SAY(tcgetpgrp(slave));
  SAY(tcgetpgrp(master));
  SAY(tcgetsid(master));
  close(slave);
  close(master);
}

static void lines(void) {
  struct termios settings;
  SAY(open_pair() > 0);
  SAY(tcgetattr(slave, &settings));
  printf("%x %x %x %x\n", settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag);
  SAY(tcgetattr(master, &settings));
  printf("%x %x %x %x\n", settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag);
  states("master", master);
  states("slave", slave);
  SAY(write(master, "abx\177c\r", 6));
  states("slave", slave);
  show("echo", master);
  show("line", slave);
  SAY(write(slave, "one\ntwo\n", 8));
  states("master", master);
  int count = 0;
  SAY(ioctl(master, FIONREAD, &count));
  SAY(count);
  show("output", master);
  SAY(write(master, "half", 4));
  states("slave", slave);
  SAY(write(master, "\4", 1));
  show("half", slave);
  SAY(write(master, "\4", 1));
  show("end of file", slave);
  show("echo", master);
  settings.c_lflag &= ~(ICANON | ECHO | ISIG);
  settings.c_iflag &= ~ICRNL;
  settings.c_oflag = 0;
  SAY(tcsetattr(slave, TCSADRAIN, &settings));
  SAY(write(master, "raw\r\3", 5));
  show("raw", slave);
  SAY(write(slave, "a\n", 2));
  show("output", master);
  SAY(ioctl(slave, TIOCOUTQ, &count));
  SAY(count);
  fcntl(master, F_SETFL, O_NONBLOCK);
  fcntl(slave, F_SETFL, O_NONBLOCK);
  SAY(read(master, buffer, 1));
  SAY(read(slave, buffer, 1));
  SAY(read(master, buffer, 0));
  long written = 0, result;
  while ((result = write(slave, buffer, 100)) > 0) written += result;
  SAY(written > 500);
  SAY(write(slave, "x", 1));
  while ((result = read(master, buffer, sizeof buffer)) > 0) written -= result;
  SAY(written);
  fcntl(master, F_SETFL, 0);
  fcntl(slave, F_SETFL, 0);
  SAY(read(master, (void *)8, 0));
  SAY(write(master, "z", 1));
  SAY(read(slave, (void *)8, 1));
  SAY(ioctl(master, TIOCGWINSZ, 8));
  close(slave);
  close(master);
}

static void closes(void) {
  open_pair();
  SAY(write(slave, "last", 4));
  close(slave);
  states("master", master);
  show("rest", master);
  states("master", master);
  SAY(read(master, buffer, 1));
  SAY(write(master, "x\n", 2));
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  states("slave", slave);
  show("typed before", slave);
  close(master);
  states("slave", slave);
  SAY(read(slave, buffer, 1));
  SAY(write(slave, "x", 1));
  struct termios settings;
  SAY(tcgetattr(slave, &settings));
  SAY(tcsetpgrp(slave, getpgrp()));
  SAY(ioctl(slave, FIONREAD, buffer));
  close(slave);
}

static volatile sig_atomic_t got[65];
static void note(int number) { got[number]++; }

/* A session on the terminal: keys, windows, jobs, and the end. */
static void sleeps(void) { pause(); }
static void leads(void) {
  close(master);
  setsid();
  signal(SIGWINCH, note);
  signal(SIGINT, note);
  signal(SIGCONT, note);
  SAY(open("/dev/tty", O_RDWR));
  SAY(ioctl(slave, TIOCSCTTY, 0));
  int own = open("/dev/tty", O_RDWR);
  SAY(own > 0);
  SAY(tcgetpgrp(own) == getpid());
  SAY(tcgetsid(own) == getpid());
  fflush(stdout);
  shared[0] = 1;
  while (!got[SIGWINCH] || !shared[8]) usleep(1000);
  struct winsize size;
  ioctl(own, TIOCGWINSZ, &size);
  printf("window %d %d\n", size.ws_row, size.ws_col);
  fflush(stdout);
  shared[0] = 2;
  while (!got[SIGINT]) usleep(1000);
  puts("interrupted");
  pid_t job = child(sleeps);
  setpgid(job, job);
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(own, job);
  fflush(stdout);
  shared[0] = 3;
  int status;
  SAY(waitpid(job, &status, WUNTRACED) == job);
  SAY(status);
  tcsetpgrp(own, getpid());
  kill(job, SIGKILL);
  waitpid(job, 0, 0);
  close(own);
  fflush(stdout);
  shared[0] = 4;
  signal(SIGHUP, note);
  while (!got[SIGHUP]) usleep(1000);
  SAY(got[SIGCONT] > 0);
  SAY(open("/dev/tty", O_RDWR));
  SAY(read(slave, buffer, 1));
}
static void await(int state) {
  while (shared[0] != state) usleep(1000);
}
static void sessions(void) {
  open_pair();
  pid_t leader = child(leads);
  close(slave);
  await(1);
  SAY(tcgetpgrp(master) == leader);
  SAY(tcgetsid(master) == leader);
  struct winsize size = {50, 132, 0, 0};
  SAY(ioctl(master, TIOCSWINSZ, &size));
  fflush(stdout);
  shared[8] = 1;
  await(2);
  write(master, "\3", 1);
  await(3);
  write(master, "\32", 1);
  await(4);
  show("echo", master);
  fflush(stdout);
  close(master);
  int status;
  waitpid(leader, &status, 0);
  SAY(status);
}

static void ends_at_once(void) {
  setsid();
  ioctl(slave, TIOCSCTTY, 0);
  pid_t other = fork();
  if (!other) {
    signal(SIGHUP, note);
    shared[1] = 1;
    while (!got[SIGHUP]) usleep(1000);
    shared[1] = open("/dev/tty", O_RDWR) < 0 ? 2 : 3;
    _exit(0);
  }
  while (!shared[1]) usleep(1000);
}
static void ends(void) {
  open_pair();
  child(ends_at_once);
  wait(0);
  while (shared[1] < 2) usleep(1000);
  SAY(shared[1]);
  SAY(tcgetpgrp(master));
  SAY(tcgetsid(master));
  SAY(write(slave, "x", 1));
  close(slave), close(master);
}

/* Megabytes pass both ways at once. */
static void copies(void) {
  char line[256];
  struct termios settings;
  close(master);
  tcgetattr(slave, &settings);
  cfmakeraw(&settings);
  tcsetattr(slave, TCSANOW, &settings);
  shared[2] = 1;
  long count, sum = 0;
  while (sum < 200000 && (count = read(slave, line, sizeof line)) > 0) {
    write(slave, line, count);
    sum += count;
  }
}
static void streams(void) {
  shared[2] = 0;
  open_pair();
  pid_t other = child(copies);
  close(slave);
  while (!shared[2]) usleep(1000);
  long sent = 0, come = 0, wrong = 0;
  fcntl(master, F_SETFL, O_NONBLOCK);
  while (come < 200000) {
    struct pollfd entry = {master, POLLIN | (sent < 200000 ? POLLOUT : 0), 0};
    poll(&entry, 1, -1);
    if (entry.revents & POLLIN) {
      long count = read(master, buffer, sizeof buffer);
      for (long index = 0; index < count; index++) wrong += buffer[index] != (char)((come + index) % 251);
      if (count > 0) come += count;
      else break;
    }
    if (entry.revents & POLLOUT) {
      char piece[100];
      long size = 200000 - sent < 100 ? 200000 - sent : 100;
      for (long index = 0; index < size; index++) piece[index] = (sent + index) % 251;
      long count = write(master, piece, size);
      if (count > 0) sent += count;
    }
  }
  SAY(come);
  SAY(wrong);
  waitpid(other, 0, 0);
  close(master);
}

int main(void) {
  mkdir("/dev", 0755);
  mkdir("/dev/pts", 0755);
  mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666,mode=620");
  mknod("/dev/ptmx", S_IFCHR | 0666, makedev(5, 2));
  mknod("/dev/tty", S_IFCHR | 0666, makedev(5, 0));
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  opens();
  lines();
  closes();
  sessions();
  ends();
  streams();
  puts("pseudo-terminals: done");
  return 0;
}
