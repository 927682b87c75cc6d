// SPDX-License-Identifier: Apache-2.0
/* /proc/PID beside what the calls say, of the process itself, of children and of a zombie. The text is the
 * same on Linux 6.1. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "answers.h"

static char text[8192];

/* The text of a file of /proc/PID, or of /proc itself for 0; its length, or -errno. */
static int take(int pid, const char *name) {
  char path[80];
  int length = 0, count;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int file = open(path, O_RDONLY);
  if (file < 0) return -errno;
  while ((count = read(file, text + length, sizeof text - 1 - length)) > 0) length += count;
  if (count < 0) length = -errno;
  close(file);
  text[length < 0 ? 0 : length] = 0;
  return length;
}

/* Field NUMBER of /proc/PID/stat, as proc(5) numbers them. */
static const char *field(int pid, int number) {
  static char copies[4][32];
  static int next;
  take(pid, "stat");
  char *place = strrchr(text, ')') + 1, *word = strtok(place, " \n");
  for (int index = 3; word && index < number; index++) word = strtok(NULL, " \n");
  return strncpy(copies[next++ & 3], word ? word : "none", 31);
}

/* Prints a line of /proc/PID/status. */
static void line(int pid, const char *name) {
  take(pid, "status");
  for (char *place = strtok(text, "\n"); place; place = strtok(NULL, "\n"))
    if (!strncmp(place, name, strlen(name)) && place[strlen(name)] == ':') puts(place);
}

static void strings(int pid, const char *name) {
  int length = take(pid, name);
  printf("%s %d:", name, length);
  for (int index = 0; index < length; index++) putchar(text[index] ? text[index] : '|');
  putchar('\n');
}

static void handler(int signal) { (void)signal; }

static void sleeper(void) {
  for (;;) pause();
}

static void lookAtSelf(void) {
  int me = getpid();
  printf("pid %d\n", atoi((take(me, "stat"), text)) == me);
  printf("ppid %d pgrp %d sid %d\n", atoi(field(me, 4)) == getppid(), atoi(field(me, 5)) == getpgrp(),
         atoi(field(me, 6)) == getsid(0));
  printf("state %s threads %s priority %s nice %s\n", field(me, 3), field(me, 20), field(me, 18), field(me, 19));
  printf("policy %s %s\n", field(me, 41), field(me, 40));
  prctl(PR_SET_NAME, "new name)");
  strings(me, "comm");
  take(me, "stat");
  printf("%s\n", strstr(text, "(new name)) R ") ? "in stat" : text);
  line(me, "Name");
  umask(027);
  line(me, "Umask");
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGRTMAX);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGUSR2, SIG_IGN), signal(SIGHUP, handler);
  raise(SIGUSR1);
  line(me, "SigPnd"), line(me, "ShdPnd"), line(me, "SigBlk"), line(me, "SigIgn"), line(me, "SigCgt");
  kill(me, SIGRTMAX);
  line(me, "ShdPnd");
  printf("signals %s %s %s\n", field(me, 31), field(me, 32), field(me, 33));
  line(me, "State"), line(me, "Uid"), line(me, "Gid"), line(me, "CapEff"), line(me, "Threads"), line(me, "Seccomp");
  line(me, "NoNewPrivs");
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  line(me, "NoNewPrivs");
}

static void lookAtMemory(void) {
  int me = getpid();
  long total = atol((take(me, "statm"), text)), pages = 100;
  char *area = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(area, 1, pages * 4096);
  printf("statm grew %ld\n", atol((take(me, "statm"), text)) - total);
  printf("vsize %d\n", atol(field(me, 23)) == atol((take(me, "statm"), text)) * 4096);
  munmap(area, pages * 4096);
  take(me, "maps");
  printf("maps %d\n", strstr(text, "/init\n") != NULL && strstr(text, "[stack]\n") != NULL);
}

static void lookAtChildren(void) {
  int first = child(sleeper), second = child(sleeper), end;
  while (*field(first, 3) != 'S' || *field(second, 3) != 'S') usleep(1000);
  printf("children %s %s, parent %d\n", field(first, 3), field(second, 3), atoi(field(first, 4)) == getpid());
  printf("end signal %s\n", field(first, 38));
  strings(first, "cmdline"), strings(first, "environ");
  int before = open("/proc/self/fd", O_RDONLY), members = 0, order = 1, last = 0;
  close(before);
  DIR *all = opendir("/proc");
  for (struct dirent *each; (each = readdir(all));) {
    int number = atoi(each->d_name);
    if (!number) continue;
    members += number == getpid() || number == first || number == second;
    order &= number > last;
    last = number;
  }
  closedir(all);
  printf("listed %d in order %d\n", members, order);
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/stat", first);
  int stat = open(path, O_RDONLY);
  snprintf(path, sizeof path, "/proc/%d/maps", first);
  int maps = open(path, O_RDONLY);
  kill(first, SIGKILL);
  waitid(P_PID, first, (siginfo_t *)text, WEXITED | WNOWAIT);
  printf("zombie %s ppid %d exit %s\n", field(first, 3), atoi(field(first, 4)) == getpid(), field(first, 52));
  strings(first, "cmdline"), strings(first, "maps"), strings(first, "statm");
  line(first, "State"), line(first, "VmSize"), line(first, "FDSize");
  snprintf(path, sizeof path, "/proc/%d/exe", first);
  SAY(readlink(path, text, 100));
  waitpid(first, &end, 0);
  SAY(read(stat, text, 100));
  SAY(read(maps, text, 100));
  snprintf(path, sizeof path, "/proc/%d/stat", first);
  SAY(open(path, O_RDONLY));
  kill(second, SIGKILL), waitpid(second, &end, 0);
}

static void lookAtLinks(void) {
  char target[100] = "";
  int file = open("/tmp/file", O_RDWR | O_CREAT, 0600), again;
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  SAY(readlink(path, target, sizeof target));
  puts(target);
  struct stat status;
  lstat(path, &status);
  printf("mode %o\n", status.st_mode);
  write(file, "hello", 5);
  again = open(path, O_RDONLY);
  SAY(read(again, target, 10));
  unlink("/tmp/file");
  SAY(close(again));
  SAY((again = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0)) > 0);
  SAY(lseek(file, 0, SEEK_END));
  chdir("/tmp");
  memset(target, 0, sizeof target);
  SAY(readlink("/proc/self/cwd", target, sizeof target));
  puts(target);
  SAY(chdir("/proc/self/cwd/.."));
  memset(target, 0, sizeof target);
  SAY(readlink("/proc/self/exe", target, sizeof target));
  memset(target, 0, sizeof target);
  SAY(readlink("/proc/self/root", target, sizeof target));
  puts(target);
  SAY(open("/proc/self/fd/999", O_RDONLY));
  SAY(open("/proc/0/stat", O_RDONLY));
  SAY(open("/proc/99999/stat", O_RDONLY));
  SAY(open("/proc/01/stat", O_RDONLY));
  SAY(write(open("/proc/self/comm", O_WRONLY), "written\n", 7));
  strings(getpid(), "comm");
  SAY(write(open("/proc/self/oom_score_adj", O_WRONLY), "-5\n", 3));
  strings(getpid(), "oom_score_adj");
  SAY(write(open("/proc/self/oom_score_adj", O_WRONLY), "5000", 4));
}

/* Values that are the same on every Linux. */
static void lookAtSettings(void) {
  static const char *files[] = {"sys/kernel/ostype", "sys/kernel/pid_max", "sys/kernel/ngroups_max",
                                "sys/kernel/cap_last_cap", "sys/vm/overcommit_memory", "sys/vm/max_map_count",
                                "sys/vm/mmap_min_addr", "sys/fs/pipe-max-size"};
  char target[100] = "", path[80];
  for (unsigned index = 0; index < sizeof files / sizeof *files; index++) {
    snprintf(path, sizeof path, "/proc/%s", files[index]);
    int length = read(open(path, O_RDONLY), text, 100);
    printf("%s %.*s", files[index], length, text);
  }
  SAY(readlink("/proc/mounts", target, sizeof target));
  puts(target);
  int file = open("/proc/sys/kernel/random/uuid", O_RDONLY);
  SAY(read(file, text, 100));
  for (int index = 0; index < 37; index++)
    putchar(index == 14 ? text[index] : strchr("0123456789abcdef", text[index]) ? 'x' : text[index]);
  SAY(chdir("/proc/sys/kernel/.."));
  SAY(getcwd(target, sizeof target) != NULL);
  puts(target);
  take(getpid(), "mounts");
  printf("mounts %d\n", strstr(text, "\nproc /proc proc rw,relatime 0 0\n") != NULL);
}

int main(void) {
  mkdir("/proc", 0755), mkdir("/tmp", 0755);
  mount("proc", "/proc", "proc", 0, 0), mount("tmpfs", "/tmp", "tmpfs", 0, 0);
  lookAtSelf();
  lookAtMemory();
  lookAtChildren();
  lookAtLinks();
  lookAtSettings();
  return 0;
}
