// SPDX-License-Identifier: Apache-2.0
/* mount and umount2: every line as Linux 6.1 prints it, in mounts.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "answers.h"

static char text[65536];

/* The lines of a table about places below /m; of mountinfo without the numbers. */
static void show(const char *path) {
  read_text(path, text, sizeof text);
  for (char *line = strtok(text, "\n"); line; line = strtok(0, "\n")) {
    char *start = line;
    if (strstr(path, "info")) start = strstr(line, " / ");
    if (start && strstr(line, " /m")) printf("  %s\n", start);
  }
}
static void table(void) { show("/proc/self/mounts"); }

/* The mount numbers of a place and of what it is mounted on. */
static void numbers(const char *place, int *own, int *parent) {
  char point[256], line[512];
  FILE *file = fopen("/proc/self/mountinfo", "r");
  while (fgets(line, sizeof line, file)) {
    int a, b;
    if (sscanf(line, "%d %d %*s / %255s", &a, &b, point) == 3 && !strcmp(point, place)) *own = a, *parent = b;
  }
  fclose(file);
}

static int tmpfs(const char *place, const char *options) { return mount("none", place, "tmpfs", 0, options); }

static int make(const char *path) {
  int file = open(path, O_RDWR | O_CREAT, 0644);
  return file < 0 ? file : close(file);
}
static int exists(const char *path) { return access(path, F_OK) == 0; }
static dev_t device(const char *path) {
  struct stat status;
  return stat(path, &status) ? 0 : status.st_dev;
}
static ino_t inode(const char *path) {
  struct stat status;
  return stat(path, &status) ? 0 : status.st_ino;
}
static void limits(const char *path) {
  struct statfs status;
  int answer = statfs(path, &status);
  int blocks = status.f_blocks, inodes = status.f_files;
  printf("  statfs %d: type %lx, read-only %d", answer, (unsigned long)status.f_type, (int)(status.f_flags & 1));
  if (blocks < 5000) printf(", blocks %d, %d free", blocks, (int)status.f_bfree);
  if (inodes < 5000) printf(", inodes %d, %d free", inodes, (int)status.f_ffree);
  printf(", inodes used %d\n", inodes - (int)status.f_ffree);
}
static void place(void) { printf("  in %s\n", getcwd(text, sizeof text) ? text : "none"); }

static void refusals(void) {
  SAY(mount(0, "/m/a", "tmpfs", 0, 0));
  SAY(umount2("/m/a", 0));
  SAY(umount2("/m/a", 0));
  SAY(umount2("/m/none", 0));
  SAY(umount2("/m/file", 0));
  SAY(umount2("/m/file/x", 0));
  SAY(umount2((void *)8, 0));
  SAY(umount2("", 0));
  SAY(umount2("/m/a", 16));
  SAY(umount2("/m/none", 16));
  SAY(umount2("/m/a", MNT_EXPIRE | MNT_DETACH));
  SAY(mount("none", "/m/a", 0, 0, 0));
  SAY(mount("none", "/m/a", "", 0, 0));
  SAY(mount("none", "/m/a", "no such type", 0, 0));
  SAY(mount("none", "/m/none", "no such type", 0, 0));
  SAY(mount("none", "/m/none", "tmpfs", 0, "wrong"));
  SAY(mount("none", "/m/file", "tmpfs", 0, 0));
  SAY(mount("none", "/m/file", "tmpfs", 0, "wrong"));
  SAY(mount("none", "/m/file/x", "tmpfs", 0, 0));
  SAY(mount("none", "", "tmpfs", 0, 0));
  SAY(mount("none", (void *)8, "tmpfs", 0, 0));
  SAY(mount((void *)8, "/m/none", "tmpfs", 0, 0));
  SAY(mount("none", "/m/none", (void *)8, 0, 0));
  SAY(mount("none", "/m/none", "tmpfs", 0, (void *)8));
  SAY(mount("none", "/m/a", "tmpfs", 0x80000000, 0));
  SAY(mount("none", "/m/a", "tmpfs", MS_REMOUNT, 0));
  SAY(mount("none", "/m/a", "tmpfs", MS_REMOUNT | MS_BIND, 0));
  SAY(mount("none", "/m/file", "tmpfs", MS_REMOUNT, 0));
  SAY(mount("none", "/m/a", "tmpfs", MS_PRIVATE, 0));
  SAY(mount(0, "/m/a", 0, MS_BIND, 0));
  SAY(mount("", "/m/a", 0, MS_BIND, 0));
  SAY(mount(0, "/m/a", 0, MS_MOVE, 0));
  SAY(mount("/m/none", "/m/a", 0, MS_MOVE, 0) == 0);
  SAY(mount("proc", "/m/a", "proc", 0, "wrong"));
  SAY(mount("sysfs", "/m/a", "sysfs", 0, "wrong=1"));
  table();
}

static void options(void) {
  static const char *const each[] = {
    "", ",", "size", "size=", "size=0", "size=1", "size=4096", "size=4097", "size=64k", "size=1M", "size=1m,", ",size=1g",
    "size=1x", "size=1kk", "size=-1", "size=010k", "size=50%", "size=50%x", "nr_inodes=0",
    "nr_inodes=10", "nr_inodes=1k", "nr_inodes=1%", "mode=700", "mode=0755", "mode=1777", "mode=17777", "mode=8", "mode=",
    "mode=700x", "uid=x", "uid=", "gid=", "nothing=1", "size=64k,nr_inodes=10,mode=700", "size=8k,size=16k",
    "size=8k,,mode=711", "SIZE=1k", "size=8k mode=711", "=1", "mode", "nr_inodes", "uid",
  };
  struct sysinfo machine;
  sysinfo(&machine);
  for (int i = 0; i < (int)(sizeof each / sizeof *each); i++) {
    int answer = tmpfs("/m/a", each[i]);
    printf("\"%s\": %d %d\n", each[i], answer, answer ? errno : 0);
    if (answer) continue;
    struct stat status;
    struct statfs volume;
    stat("/m/a", &status), statfs("/m/a", &volume);
    if (strchr(each[i], '%')) {
      printf("  half of it: %d\n", labs((long)volume.f_blocks * 2 - machine.totalram / 4096) <= 2);
    } else if (strstr(each[i], "size")) {
      printf("  %lld blocks\n", (long long)volume.f_blocks);
    }
    if (strstr(each[i], "nr_inodes")) printf("  %lld inodes, %lld free\n", (long long)volume.f_files, (long long)volume.f_ffree);
    printf("  mode %o, owner %d, group %d, links %d\n", status.st_mode, status.st_uid, status.st_gid, (int)status.st_nlink);
    umount2("/m/a", 0);
  }
}

static void tables(void) {
  SAY(mount("source", "/m/a", "tmpfs", 0, "size=64k,nr_inodes=10,mode=700"));
  SAY(mount(0, "/m/b", "tmpfs", MS_RDONLY, 0));
  SAY(mkdir("/m/a/inner", 0755));
  SAY(mount("", "/m/a/inner", "tmpfs", 0, "size=8k"));
  table();
  show("/proc/mounts");
  show("/proc/self/mountinfo");
  int a = 0, parent = 0, inner = 0, outer = 0;
  numbers("/m/a", &a, &parent), numbers("/m/a/inner", &inner, &outer);
  SAY(a == outer);
  SAY(inner != a && a != parent);
  limits("/m/a"), limits("/m/b"), limits("/m/a/inner");
  SAY(device("/m/a") == device("/m"));
  SAY(device("/m/a") == device("/m/a/inner"));
  SAY(device("/m/a") == device("/m/b"));
  SAY(device("/m/a/inner/..") == device("/m/a"));
  SAY(inode("/m/a/inner/..") == inode("/m/a"));
  SAY(inode("/m/a/..") == inode("/m"));
  SAY(umount2("/m/a", 0));
  SAY(umount2("/m/a/inner/", 0));
  SAY(umount2("/m/a/inner", 0));
  SAY(umount2("/m/b/.", 0));
  SAY(umount2("/m/b/../a", 0));
  table();
}

static void covered(void) {
  SAY(make("/m/a/below"));
  SAY(tmpfs("/m/a", ""));
  SAY(exists("/m/a/below"));
  SAY(make("/m/a/first"));
  SAY(tmpfs("/m/a", ""));
  SAY(exists("/m/a/first"));
  SAY(make("/m/a/second"));
  table();
  int own = 0, parent = 0, count = 0;
  numbers("/m/a", &own, &parent);
  SAY(rmdir("/m/a"));
  SAY(unlink("/m/a"));
  SAY(rename("/m/a", "/m/c"));
  SAY(rename("/m/b", "/m/a"));
  SAY(rename("/m/a/second", "/m/second"));
  SAY(rename("/m/file", "/m/a/file"));
  SAY(link("/m/file", "/m/a/file"));
  SAY(link("/m/a/second", "/m/second"));
  SAY(renameat2(-1, "/m/a", -1, "/m/b", RENAME_EXCHANGE));
  SAY(mkdir("/m/a", 0755));
  SAY(rename("/m", "/n"));
  SAY(exists("/n/a/second"));
  SAY(rename("/n", "/m"));
  SAY(umount2("/m/a", 0));
  SAY(exists("/m/a/first"));
  SAY(umount2("/m/a", 0));
  SAY(exists("/m/a/below"));
  SAY(umount2("/m/a", 0));
  SAY(unlink("/m/a/below"));
}

static void symbolic(void) {
  SAY(symlink("a", "/m/link"));
  SAY(tmpfs("/m/link", ""));
  table();
  SAY(umount2("/m/link", UMOUNT_NOFOLLOW));
  SAY(umount2("/m/link", 0));
  SAY(unlink("/m/link"));
}

static void users(void) {
  SAY(tmpfs("/m/a", ""));
  SAY(make("/m/a/file"));
  SAY(mkdir("/m/a/folder", 0755));
  int file = open("/m/a/file", O_RDWR);
  SAY(umount2("/m/a", 0));
  SAY(umount2("/m/a", MNT_FORCE));
  SAY(unlink("/m/a/file"));
  SAY(umount2("/m/a", 0));
  SAY(write(file, "word", 4));
  void *memory = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  SAY(umount2("/m/a", 0));
  munmap(memory, 4096);
  SAY(umount2("/m/a", 0));
  SAY(tmpfs("/m/a", ""));
  SAY(chdir("/m/a"));
  SAY(umount2("/m/a", 0));
  SAY(umount2(".", 0));
  SAY(chdir(".."));
  place();
  file = open("/m/a", O_PATH);
  SAY(umount2("/m/a", 0));
  close(file);
  SAY(umount2("/m/a", 0));
  SAY(chdir("/m/a"));
  SAY(tmpfs(".", ""));
  SAY(make("behind"));
  SAY(exists("/m/a/behind"));
  place();
  SAY(umount2(".", 0));
  SAY(chdir("/"));
  SAY(umount2("/m/a", 0));
  SAY(unlink("/m/a/behind"));
  SAY(mkdir("/m/a/b", 0755));
  SAY(chdir("/m/a/b"));
  SAY(tmpfs("/m/a", ""));
  place();
  SAY(make("../new"));
  SAY(exists("/m/a/new"));
  SAY(chdir("/"));
  SAY(umount2("/m/a", 0));
  SAY(rmdir("/m/a/b"));
}

static void lazy(void) {
  char word[8] = "";
  struct stat status;
  SAY(tmpfs("/m/a", ""));
  SAY(mkdir("/m/a/folder", 0755));
  SAY(make("/m/a/other"));
  SAY(tmpfs("/m/a/folder", ""));
  int file = open("/m/a/folder/file", O_RDWR | O_CREAT, 0600), folder = open("/m/a", O_RDONLY);
  SAY(write(file, "word", 4));
  SAY(umount2("/m/a", MNT_DETACH));
  SAY(exists("/m/a/folder"));
  table();
  SAY(pread(file, word, 4, 0));
  SAY(write(file, "more", 4));
  SAY(fstat(file, &status));
  printf("  \"%s\" %d bytes, links %d\n", word, (int)status.st_size, (int)status.st_nlink);
  SAY(faccessat(folder, "other", F_OK, 0));
  SAY(mkdirat(folder, "another", 0755));
  SAY(unlinkat(folder, "other", 0));
  SAY(faccessat(folder, "..", F_OK, 0));
  SAY(fstatat(folder, "..", &status, 0) || status.st_ino != inode("/m"));
  SAY(close(file));
  SAY(close(folder));
  SAY(umount2("/m/a", MNT_DETACH));
}

static void read_only(void) {
  SAY(tmpfs("/m/a", ""));
  SAY(make("/m/a/file"));
  SAY(mkdir("/m/a/folder", 0755));
  SAY(mkfifo("/m/a/fifo", 0600));
  SAY(symlink("file", "/m/a/link"));
  int writer = open("/m/a/file", O_WRONLY), reader = open("/m/a/file", O_RDONLY);
  SAY(mount("none", "/m/a", 0, MS_REMOUNT | MS_RDONLY, 0));
  SAY(make("/m/a/more"));
  close(writer);
  SAY(mount("none", "/m/a", 0, MS_REMOUNT | MS_RDONLY, 0));
  table();
  limits("/m/a");
  SAY(make("/m/a/new"));
  SAY(make("/m/a/file"));
  SAY(close(open("/m/a/file", O_RDONLY | O_CREAT, 0600)));
  SAY(open("/m/a/file", O_RDONLY | O_CREAT | O_EXCL, 0600));
  SAY(open("/m/a/file", O_WRONLY));
  SAY(open("/m/a/file", O_RDONLY | O_TRUNC));
  SAY(open("/m/a/link", O_RDWR));
  SAY(open("/m/a", O_RDWR | O_TMPFILE, 0600));
  SAY(close(open("/m/a/fifo", O_RDWR)));
  SAY(access("/m/a/file", R_OK));
  SAY(access("/m/a/file", W_OK));
  SAY(access("/m/a", W_OK));
  SAY(access("/m/a/fifo", W_OK));
  SAY(truncate("/m/a/file", 1));
  SAY(mkdir("/m/a/other", 0755));
  SAY(mkdir("/m/a/folder", 0755));
  SAY(mknod("/m/a/other", S_IFIFO | 0600, 0));
  SAY(symlink("x", "/m/a/other"));
  SAY(link("/m/a/file", "/m/a/other"));
  SAY(rename("/m/a/file", "/m/a/other"));
  SAY(rename("/m/a/none", "/m/a/other"));
  SAY(rename("/m/a/file", "/m/other"));
  SAY(unlink("/m/a/file"));
  SAY(unlink("/m/a/none"));
  SAY(rmdir("/m/a/folder"));
  SAY(chmod("/m/a/file", 0600));
  SAY(fchmod(reader, 0600));
  SAY(chown("/m/a/file", 1, 1));
  SAY(utimensat(AT_FDCWD, "/m/a/file", 0, 0));
  SAY(tmpfs("/m/a/folder", ""));
  SAY(make("/m/a/folder/inside"));
  SAY(umount2("/m/a/folder", 0));
  SAY(mount("none", "/m/a/folder", 0, MS_REMOUNT, 0));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "wrong"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, 0));
  table();
  SAY(make("/m/a/new"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, "wrong"));
  SAY(make("/m/a/newer"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT | MS_BIND, 0));
  SAY(make("/m/a/newer"));
  close(reader);
  SAY(umount2("/m/a", 0));
}

static void sizes(void) {
  static char page[4096];
  SAY(tmpfs("/m/a", "size=16k,nr_inodes=4"));
  int file = open("/m/a/file", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 5; i++) SAY(write(file, page, sizeof page));
  limits("/m/a");
  SAY(make("/m/a/2"));
  SAY(make("/m/a/3"));
  SAY(make("/m/a/4"));
  limits("/m/a");
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "size=8k"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "nr_inodes=2"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "size=20k,nr_inodes=5"));
  SAY(write(file, page, sizeof page));
  SAY(write(file, page, sizeof page));
  SAY(make("/m/a/4"));
  table();
  SAY(close(file));
  SAY(umount2("/m/a", 0));
  SAY(tmpfs("/m/a", "size=0,nr_inodes=0"));
  limits("/m/a");
  table();
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "size=8k"));
  SAY(mount("none", "/m/a", 0, MS_REMOUNT, "nr_inodes=8"));
  SAY(umount2("/m/a", 0));
}

/* The pages of what is unmounted are free again. */
static void pages(void) {
  struct sysinfo before, full, after;
  static char bytes[65536];
  for (int round = 0; round < 3; round++) {
    if (tmpfs("/m/a", "")) printf("no mount: %d\n", errno);
    if (round == 1) sysinfo(&before);
    for (int i = 0; i < 40; i++) {
      char name[128];
      sprintf(name, "/m/a/%d", i % 4);
      for (int depth = 0; depth < i / 4; depth++) mkdir(name, 0755), strcat(name, "/sub");
      mkdir(name, 0755), strcat(name, "/file");
      int file = open(name, O_RDWR | O_CREAT, 0600);
      if (file >= 0) write(file, bytes, sizeof bytes);
      close(file);
    }
    symlink("somewhere", "/m/a/link"), link("/m/a/link", "/m/a/hard");
    if (round == 1) sysinfo(&full);
    if (umount2("/m/a", 0)) printf("no umount: %d\n", errno);
  }
  usleep(100000);
  sysinfo(&after);
  printf("pages are used: %d, and free again: %d\n", before.freeram - full.freeram > 200000,
         after.freeram + 100000 > before.freeram);
}

static void many(void) {
  int made = 0;
  char name[32];
  for (; made < 9; made++) {
    sprintf(name, "/m/many%d", made);
    if (mkdir(name, 0755) || tmpfs(name, "size=4k")) break;
  }
  SAY(made);
  table();
  while (made-- > 0) {
    sprintf(name, "/m/many%d", made);
    if (umount2(name, 0) || rmdir(name)) printf("%s: %d\n", name, errno);
  }
  strcpy(text, "/m/a");
  for (made = 0; made < 9; made++) {
    if (mkdir(text, 0755) && errno != EEXIST || tmpfs(text, "") || chdir(text)) break;
    strcat(text, "/deep");
  }
  SAY(made);
  char path[256];
  printf("  %s\n", getcwd(path, sizeof path));
  for (; made > 0; made--) SAY(chdir(".."));
  printf("  %s\n", getcwd(path, sizeof path));
  SAY(umount2("/m/a", 0));
  SAY(umount2("/m/a", MNT_DETACH));
  table();
}

static void generated(void) {
  struct statfs status;
  SAY(umount2("/proc", 0));
  SAY(exists("/proc/self"));
  SAY(mkdir("/m/proc", 0755));
  SAY(mount("proc", "/m/proc", "proc", 0, ""));
  SAY(statfs("/m/proc", &status));
  printf("  %lx\n", (unsigned long)status.f_type);
  SAY(exists("/m/proc/self/status"));
  SAY(chdir("/m/proc/sys/kernel"));
  place();
  SAY(umount2("/m/proc", 0));
  SAY(chdir(".."));
  SAY(chdir(".."));
  place();
  SAY(umount2("/m/proc", 0));
  SAY(chdir(".."));
  place();
  show("/m/proc/self/mounts");
  SAY(tmpfs("/m/proc", ""));
  SAY(exists("/m/proc/self"));
  SAY(umount2("/m/proc", 0));
  SAY(exists("/m/proc/self"));
  int file = open("/m/proc/version", O_RDONLY);
  SAY(umount2("/m/proc", 0));
  SAY(umount2("/m/proc", MNT_DETACH));
  SAY(read(file, text, 5));
  SAY(close(file));
  SAY(exists("/m/proc/self"));
  SAY(rmdir("/m/proc"));
  SAY(mount("proc", "/proc", "proc", 0, 0));
  SAY(exists("/proc/self"));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (access("/proc/self", F_OK) != 0) mount("proc", "/proc", "proc", 0, 0);
  mkdir("/m", 0755), mkdir("/m/a", 0755), mkdir("/m/b", 0755), make("/m/file");
  refusals();
  options();
  tables();
  covered();
  symbolic();
  users();
  lazy();
  read_only();
  sizes();
  pages();
  many();
  generated();
  fflush(stdout);
  return 0;
}
