// SPDX-License-Identifier: Apache-2.0
/* The terminal and process groups in the background: every line as Linux 6.1 prints it, in terminal_jobs.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>

#include "answers.h"

static int terminal;
static struct termios settings;
static volatile int *shared;

static volatile sig_atomic_t got;
static void note(int number) { got = number; }

static void tell(pid_t who, const char *what) {
  int status = 0;
  fflush(stdout);
  pid_t found = waitpid(who, &status, WUNTRACED);
  printf("%s: %d stopped by %d ended with %x\n", what, found == who, WIFSTOPPED(status) ? WSTOPSIG(status) : 0,
         WIFSTOPPED(status) ? 0 : status);
  if (found == who && WIFSTOPPED(status)) {
    kill(who, SIGKILL);
    waitpid(who, 0, 0);
  }
}

/* What a process in the background does. */
static void reads(void) { char byte; read(terminal, &byte, 1); }
static void sets(void) { tcsetattr(terminal, TCSANOW, &settings); }
static void sets_later(void) { tcsetattr(terminal, TCSADRAIN, &settings); }
static void flushes(void) { tcflush(terminal, TCIFLUSH); }
static void flows(void) { tcflow(terminal, TCOON); }
static void drains(void) { tcdrain(terminal); }
static void takes(void) { tcsetpgrp(terminal, getpgrp()); }
static void writes(void) { write(terminal, "", 0); }
static void sleeps(void) { for (;;) pause(); }
static void harmless(void) {
  int number;
  struct termios now;
  struct winsize size;
  SAY(tcgetattr(terminal, &now));
  SAY(tcgetpgrp(terminal) == getpgrp());
  SAY(ioctl(terminal, TIOCGWINSZ, &size));
  SAY(ioctl(terminal, FIONREAD, &number));
  SAY(ioctl(terminal, TIOCSPGRP, 8));
}

static void ignores(void) {
  char byte;
  signal(SIGTTIN, SIG_IGN);
  signal(SIGTTOU, SIG_IGN);
  SAY(read(terminal, &byte, 1));
  SAY(tcsetattr(terminal, TCSANOW, &settings));
  SAY(tcflush(terminal, TCIFLUSH));
  SAY(ioctl(terminal, TIOCSPGRP, 8));
}
static void blocks(void) {
  char byte;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTTIN);
  sigaddset(&set, SIGTTOU);
  sigprocmask(SIG_BLOCK, &set, 0);
  SAY(read(terminal, &byte, 1));
  SAY(tcsetattr(terminal, TCSANOW, &settings));
  sigpending(&set);
  SAY(sigismember(&set, SIGTTIN));
}
static void handles(void) {
  char byte;
  struct sigaction action = {.sa_handler = note};
  sigaction(SIGTTIN, &action, 0);
  sigaction(SIGTTOU, &action, 0);
  SAY(read(terminal, &byte, 1));
  SAY(got);
  got = 0;
  SAY(tcsetattr(terminal, TCSANOW, &settings));
  SAY(got);
  SAY(tcsetpgrp(terminal, getpgrp()));
}
static void orphan(void) {
  char byte;
  while (!shared[0]) usleep(1000);
  SAY(getppid());
  SAY(read(terminal, &byte, 1));
  SAY(tcsetattr(terminal, TCSANOW, &settings));
  SAY(tcsetpgrp(terminal, getpgrp()));
  SAY(write(terminal, "", 0));
  shared[1] = 1;
}
static void leaves_orphan(void) {
  pid_t made = child(orphan);
  setpgid(made, made);
}

static pid_t background(void (*body)(void)) {
  fflush(stdout);
  pid_t made = fork();
  if (!made) {
    setpgid(0, 0);
    body();
    fflush(stdout);
    _exit(0);
  }
  setpgid(made, made);
  return made;
}

static void other_session(void) {
  setsid();
  SAY(tcsetattr(terminal, TCSANOW, &settings));
  SAY(tcsetpgrp(terminal, getpgrp()));
  SAY(ioctl(terminal, TIOCSPGRP, 8));
  SAY(ioctl(terminal, TIOCSPGRP, &(int){-1}));
}

static void leads(void) {
  setsid();
  terminal = open("/dev/ttyAMA0", O_RDWR);
  SAY(tcgetpgrp(terminal) == getpid());
  tcgetattr(terminal, &settings);
  static const struct { void (*body)(void); const char *name; } jobs[] = {
      {reads, "read"}, {sets, "tcsetattr"}, {sets_later, "tcsetattr after the output"},
      {flushes, "tcflush"}, {flows, "tcflow"}, {drains, "tcdrain"}, {takes, "tcsetpgrp"},
      {writes, "write"}, {harmless, "others"}, {ignores, "ignores"}, {blocks, "blocks"},
      {handles, "handles"},
  };
  for (unsigned i = 0; i < sizeof jobs / sizeof *jobs; i++) tell(background(jobs[i].body), jobs[i].name);
  tell(child(other_session), "other session");
  settings.c_lflag |= TOSTOP;
  tcsetattr(terminal, TCSANOW, &settings);
  tell(background(writes), "write with TOSTOP");
  tell(background(ignores), "ignores");
  pid_t last = background(leaves_orphan);
  tell(last, "leaves an orphan");
  shared[0] = 1;
  while (!shared[1]) usleep(1000);
  settings.c_lflag &= ~TOSTOP;
  tcsetattr(terminal, TCSANOW, &settings);
  /* A group takes the terminal if it ignores SIGTTOU. */
  signal(SIGTTOU, SIG_IGN);
  pid_t job = background(sleeps);
  SAY(tcsetpgrp(terminal, job));
  char byte;
  signal(SIGTTIN, SIG_IGN);
  SAY(read(terminal, &byte, 1));
  SAY(tcsetpgrp(terminal, getpgrp()));
  kill(job, SIGKILL);
  waitpid(job, 0, 0);
}

int main(void) {
  mkdir("/dev", 0755);
  mknod("/dev/ttyAMA0", S_IFCHR | 0600, makedev(204, 64));
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (!fork()) {
    pid_t leader = child(leads);
    int status;
    waitpid(leader, &status, 0);
    printf("leader: %x\n", status);
    fflush(stdout);
    _exit(0);
  }
  while (wait(0) > 0) {}
  puts("background: done");
  return 0;
}
