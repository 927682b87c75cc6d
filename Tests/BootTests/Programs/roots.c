// SPDX-License-Identifier: Apache-2.0
/* chroot: every line as Linux 6.1 prints it, in roots.txt. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

static char text[65536];

/* The path of the working directory, without musl's check of it. */
static void place(void) {
  long count = syscall(SYS_getcwd, text, sizeof text);
  printf("  in %s, %ld\n", count > 0 ? text : "none", count);
}
static void target(const char *link) {
  int count = readlink(link, text, sizeof text - 1);
  text[count < 0 ? 0 : count] = 0;
  printf("  %s: %s\n", link, count < 0 ? strerror(errno) : text);
}
static int make(const char *path) {
  int file = open(path, O_RDWR | O_CREAT, 0755);
  return file < 0 ? file : close(file);
}
static ino_t inode(const char *path) {
  struct stat status;
  return stat(path, &status) ? 0 : status.st_ino;
}
static void same(const char *one, const char *other) {
  printf("  %s and %s: %s\n", one, other, inode(one) && inode(one) == inode(other) ? "same" : "different");
}
/* The places of the mounts whose path does not begin with /dev, /sys or /proc. */
static void table(const char *path) {
  read_text(path, text, sizeof text);
  for (char *line = strtok(text, "\n"); line; line = strtok(0, "\n")) {
    char *place = strstr(line, strstr(path, "info") ? " / /" : " /");
    if (!place) continue;
    place += strstr(path, "info") ? 3 : 1;
    place[strcspn(place, " ")] = 0;
    if (strncmp(place, "/dev", 4) && strncmp(place, "/sys", 4) && strncmp(place, "/proc", 5) && strcmp(place, "/tmp") &&
        strcmp(place, "/run"))
      printf("  %s\n", place);
  }
}

static void refusals(void) {
  SAY(chroot("/r/none"));
  SAY(chroot("/r/file"));
  SAY(chroot("/r/file/"));
  SAY(chroot("/r/file/x"));
  SAY(chroot(""));
  SAY(chroot((void *)8));
  SAY(chroot("/r/to file"));
  SAY(chroot("/r/to nothing"));
  SAY(chroot("/r/loop"));
  place();
}

static void paths(void) {
  SAY(chdir("/r/in"));
  SAY(chroot("/r"));
  place();
  same(".", "/in");
  same("/", "/..");
  same("/", "/in/..");
  same("/", "/in/../..");
  same("/", "..");
  same("/", "../..");
  same("/", "in/../../../.");
  SAY(access("/file", F_OK));
  SAY(access("/r/file", F_OK));
  SAY(access("/to file", F_OK));
  SAY(access("/absolute", F_OK));
  SAY(access("/above", F_OK));
  SAY(access("/up", F_OK));
  target("/above");
  SAY(chdir("/in/deep"));
  place();
  SAY(chdir("../../.."));
  place();
  SAY(mkdir("/made", 0755));
  SAY(rmdir("/made"));
  SAY(rename("/file", "/in/file"));
  SAY(rename("/in/file", "/../file"));
  SAY(rmdir("/"));
  SAY(rmdir("/in/../.."));
  SAY(chroot("in"));
  place();
  SAY(chdir("/"));
  place();
  same("/", "/deep/../..");
  SAY(chroot("."));
  SAY(chroot("/deep"));
  place();
  SAY(chdir("."));
  place();
  same("/", "/..");
  same("/", "deep");
  SAY(chdir(".."));
  place();
}

static void outside(void) {
  int above = open("/", O_RDONLY | O_DIRECTORY);
  SAY(chdir("/tmp"));
  SAY(chroot("/r/in"));
  place();
  SAY(getcwd(text, sizeof text) == 0);
  SAY(chdir(".."));
  place();
  SAY(access("r/in/deep", F_OK));
  SAY(access("/deep", F_OK));
  SAY(chdir("r"));
  place();
  SAY(chdir("in"));
  place();
  SAY(chdir(".."));
  place();
  SAY(fchdir(above));
  place();
  SAY(syscall(SYS_getcwd, text, 4));
  SAY(faccessat(above, "r/file", F_OK, 0));
  SAY(faccessat(above, "../r/file", F_OK, 0));
  SAY(faccessat(above, "/deep", F_OK, 0));
  SAY(chroot("."));
  place();
  SAY(access("/r/file", F_OK));
}

static void grandchild(void) {
  place();
  same("/", "/..");
  SAY(access("/deep", F_OK));
}
static void inherited(void) {
  SAY(chroot("/r/in"));
  SAY(chdir("/"));
  run_in_child(grandchild);
}
static void changes_alone(void) { SAY(chroot("/r/in/deep")); }
static void child_alone(void) {
  run_in_child(changes_alone);
  SAY(access("/r/file", F_OK));
}

static void executed(void) {
  char *arguments[] = {"own", "again", 0}, *none[] = {0};
  SAY(mkdir("/r/in/bin", 0755));
  int from = open("/proc/self/exe", O_RDONLY), to = open("/r/in/bin/own", O_WRONLY | O_CREAT, 0755), got;
  while ((got = read(from, text, sizeof text)) > 0) write(to, text, got);
  close(from), close(to);
  SAY(chroot("/r/in"));
  SAY(chdir("/bin"));
  SAY(execve("/r/in/bin/own", arguments, none));
  fflush(stdout);
  execve("own", arguments, none);
  printf("not executed\n");
}

static void mounts(void) {
  SAY(mount("none", "/r/in", "tmpfs", 0, 0));
  SAY(mkdir("/r/in/deep", 0755));
  SAY(mkdir("/r/in/deep/er", 0755));
  SAY(mount("none", "/r/in/deep", "tmpfs", 0, 0));
  SAY(mkdir("/r/in/deep/est", 0755));
  int proc = open("/proc", O_RDONLY | O_DIRECTORY);
  table("/proc/self/mounts");
  SAY(chroot("/r/in"));
  SAY(chdir("/"));
  SAY(fchdir(proc));
  table("self/mounts");
  table("self/mountinfo");
  target("self/cwd");
  target("self/root");
  SAY(chdir("/deep/est"));
  place();
  SAY(fchdir(proc));
  SAY(chroot("/deep/est"));
  table("self/mounts");
  target("self/root");
  SAY(chdir("/"));
  SAY(chdir(".."));
  place();
  SAY(umount2("/", 0));
  SAY(fchdir(proc));
  SAY(chroot(".."));
  SAY(chdir("/"));
  place();
  close(proc);
}
static void in_mount(void) {
  int ends[2], back[2];
  char byte;
  SAY(mount("none", "/r/in", "tmpfs", 0, 0));
  SAY(mkdir("/r/in/deep", 0755));
  pipe(ends), pipe(back);
  fflush(stdout);
  if (!fork()) {
    chroot("/r/in/deep");
    write(ends[1], "", 1);
    read(back[0], &byte, 1);
    exit(0);
  }
  read(ends[0], &byte, 1);
  SAY(umount2("/r/in", 0));
  write(back[1], "", 1);
  wait(0);
  SAY(umount2("/r/in", 0));
}

static void of_others(void) {
  int ends[2], back[2];
  char byte, link[64];
  pipe(ends), pipe(back);
  fflush(stdout);
  pid_t made = fork();
  if (!made) {
    chdir("/r");
    chroot("/r/in");
    write(ends[1], "", 1);
    read(back[0], &byte, 1);
    exit(0);
  }
  read(ends[0], &byte, 1);
  sprintf(link, "/proc/%d/root", made), readlink(link, text, sizeof text);
  printf("  its root: %.5s\n", text);
  strcat(link, "/deep");
  printf("  below: %s\n", inode(link) == inode("/r/in/deep") ? "same" : "different");
  sprintf(link, "/proc/%d/cwd", made), readlink(link, text, sizeof text);
  printf("  its directory: %.2s\n", text);
  write(back[1], "", 1);
  wait(0);
}

static void removed(void) {
  SAY(mkdir("/r/short", 0755));
  SAY(mkdir("/r/short/lived", 0755));
  SAY(chdir("/r/short/lived"));
  SAY(chroot("/r/short"));
  SAY(rmdir("/lived"));
  place();
  SAY(access("/", F_OK));
  SAY(mkdir("/new", 0755));
  SAY(chdir("/new"));
  place();
}

/* The path of a directory is too long for any call long before it is too deep for the file system. */
static void too_deep(void) {
  int depth = 0;
  chdir("/tmp");
  while (depth < 2040 && mkdir("d", 0755) == 0 && chdir("d") == 0) depth++;
  printf("  depth %d, %ld bytes\n", depth, (long)syscall(SYS_getcwd, text, sizeof text));
  while (depth < 5000 && mkdir("d", 0755) == 0 && chdir("d") == 0) depth++;
  printf("  depth %d\n", depth);
  SAY(syscall(SYS_getcwd, text, sizeof text));
}

int main(int count, char **arguments) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (count > 1) {
    printf("executed as %s\n", arguments[0]);
    place();
    SAY(access("/deep", F_OK));
    same("/", "/..");
    return 0;
  }
  if (access("/proc/self", F_OK) != 0) mount("proc", "/proc", "proc", 0, 0);
  mkdir("/tmp", 0755), mkdir("/r", 0755), mkdir("/r/in", 0755), mkdir("/r/in/deep", 0755), make("/r/file");
  symlink("file", "/r/to file"), symlink("none", "/r/to nothing"), symlink("loop", "/r/loop");
  symlink("/file", "/r/absolute"), symlink("/r/file", "/r/above"), symlink("../../../file", "/r/up");
  refusals();
  printf("paths\n"), run_in_child(paths);
  printf("outside\n"), run_in_child(outside);
  printf("inherited\n"), run_in_child(inherited);
  printf("alone\n"), run_in_child(child_alone);
  printf("executed\n"), run_in_child(executed);
  printf("removed\n"), run_in_child(removed);
  printf("others\n"), of_others();
  printf("in a mount\n"), in_mount();
  printf("mounts\n"), run_in_child(mounts);
  printf("too deep\n"), run_in_child(too_deep);
  fflush(stdout);
  return 0;
}
