// SPDX-License-Identifier: Apache-2.0
/* The folder in which batches make files, and its removal between batches, by init. */
#include "fuzz.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_NAMES = 64 };
static char known[MOST_NAMES][32]; /* what is in / before the first batch */
static uint32_t known_count;

static int is_known(const char *name) {
  for (uint32_t i = 0; i < known_count; i++)
    if (strcmp(known[i], name) == 0) return 1;
  return 0;
}

/* Unmounts all that is mounted on a member of an open directory. */
static void unmount(int folder, const char *name) {
  fchdir(folder);
  while (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {}
  chdir("/");
}

/* Mounts again what a batch has unmounted, and makes all of it writable. */
static void restore_mounts(void) {
  static const char *const places[][2] = {
    {"/", 0}, {"/proc", "proc"}, {"/sys", "sysfs"}, {"/dev", "devtmpfs"}, {"/tmp", "tmpfs"}, {"/run", "tmpfs"}, {"/dev/shm", "tmpfs"},
  };
  for (uint32_t i = 0; i < sizeof places / sizeof *places; i++)
    if (mount("none", places[i][0], 0, MS_REMOUNT, 0) != 0) mount("none", places[i][0], places[i][1], 0, 0);
}

/* Removes what is in an open directory, except for what `keeps` names, and closes it. */
static void empty(int folder, int (*keeps)(const char *)) {
  static _Alignas(8) char entries[8][2048]; /* as deep as the batches' paths */
  static int level;
  if (level == 8) return (void)close(folder);
  char *here = entries[level++];
  for (int removed = 1; removed;) {
    removed = 0;
    lseek(folder, 0, SEEK_SET);
    for (long size; (size = syscall(SYS_getdents64, folder, here, sizeof entries[0])) > 0;)
      for (long at = 0; at < size; at += ((struct dirent *)(here + at))->d_reclen) {
        const char *name = ((struct dirent *)(here + at))->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (keeps && keeps(name))) continue;
        if (unlinkat(folder, name, 0) == 0) {
          removed = 1;
          continue;
        }
        unmount(folder, name);
        int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (inner >= 0) empty(inner, 0);
        removed |= unlinkat(folder, name, AT_REMOVEDIR) == 0;
      }
  }
  level--;
  close(folder);
}

static int keeps_none(const char *name) { return strcmp(name, "shm") == 0; }

void clean_tree(void) {
  static const char *const folders[] = {"/tmp", "/run", "/dev/shm"};
  chdir("/");
  umask(022);
  restore_mounts();
  empty(open("/", O_RDONLY | O_DIRECTORY), is_known);
  for (uint32_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    int folder = open(folders[i], O_RDONLY | O_DIRECTORY);
    if (folder >= 0) empty(folder, keeps_none);
  }
  mkdir(FOLDER, 0777);
  mkdir(FOLDER "/d", 0777);
}

void remember_tree(void) {
  DIR *root = opendir("/");
  for (struct dirent *entry; (entry = readdir(root)) && known_count < MOST_NAMES;)
    snprintf(known[known_count++], sizeof known[0], "%s", entry->d_name);
  closedir(root);
  clean_tree();
}
