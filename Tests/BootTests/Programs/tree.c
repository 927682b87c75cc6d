// SPDX-License-Identifier: Apache-2.0
/* Changes of files: each call and its errors, as Linux answers on a tmpfs. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "answers.h"

static char page[4096], name_of_300[301];
static int file;

static void put(const char *path, const char *text) {
  int one = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (write(one, text, strlen(text)) != (ssize_t)strlen(text)) printf("%s: short\n", path);
  close(one);
}

static void show(const char *path) {
  struct stat s;
  if (lstat(path, &s)) {
    printf("%s: errno %d\n", path, errno);
    return;
  }
  char text[64] = "";
  int one = S_ISREG(s.st_mode) ? open(path, O_RDONLY) : -1;
  if (one >= 0) {
    ssize_t count = read(one, text, 60);
    if (count >= 0) text[count] = 0;
    close(one);
  } else if (S_ISLNK(s.st_mode)) {
    ssize_t count = readlink(path, text, 60);
    if (count >= 0) text[count] = 0;
  }
  long size = S_ISDIR(s.st_mode) ? 0 : (long)s.st_size;
  printf("%s: mode %o links %d owner %d.%d size %ld \"%s\"\n", path, s.st_mode, (int)s.st_nlink, s.st_uid, s.st_gid, size, text);
}

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

/* The names in a directory, sorted: their order is the file system's. */
static void list(const char *path) {
  char *names[64];
  int count = 0;
  DIR *directory = opendir(path);
  struct dirent *entry;
  while (directory && (entry = readdir(directory)) && count < 64) names[count++] = strdup(entry->d_name);
  if (directory) closedir(directory);
  qsort(names, count, sizeof *names, compare);
  printf("%s:", path);
  for (int i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

static void names(void) {
  SAY(mkdir("/tmp/d", 0777));
  SAY(mkdir("/tmp/d", 0777));
  SAY(mkdir("/tmp/d/", 0777));
  SAY(mkdir("/tmp/d/.", 0777));
  SAY(mkdir("/tmp/d/..", 0777));
  SAY(mkdir("/", 0777));
  SAY(mkdir("", 0777));
  SAY(mkdir("/tmp/none/x", 0777));
  SAY(mkdir("/tmp/e/", 0777));
  SAY(mkdir(name_of_300, 0777));
  put("/tmp/f", "text");
  SAY(mkdir("/tmp/f/x", 0777));
  SAY(mkdir("/tmp/f", 0777));
  SAY(rmdir("/tmp/f"));
  SAY(rmdir("/tmp/none"));
  SAY(rmdir("/tmp/d/."));
  SAY(rmdir("/tmp/d/.."));
  SAY(rmdir("/"));
  SAY(rmdir("/tmp"));
  SAY(unlink("/tmp/d"));
  SAY(unlink("/tmp/d/.."));
  SAY(unlink("/tmp/d/."));
  SAY(unlink("/"));
  SAY(unlink("/tmp/f/"));
  SAY(unlink("/tmp/none"));
  SAY(unlink("/tmp/none/"));
  SAY(unlink("/tmp/f/x"));
  SAY(unlink((char *)4));
  SAY(unlinkat(AT_FDCWD, "/tmp/e", 1));
  SAY(unlinkat(AT_FDCWD, "/tmp/e", AT_REMOVEDIR));
  SAY(mknod("/tmp/node", S_IFCHR | 0600, makedev(1, 3)));
  SAY(mknod("/tmp/pipe", S_IFIFO | 0644, 0));
  SAY(mknod("/tmp/plain", 0644, 0));
  SAY(mknod("/tmp/x", S_IFDIR | 0644, 0));
  SAY(mknod("/tmp/x", S_IFLNK | 0644, 0));
  SAY(mknod("/tmp/plain", 0644, 0));
  SAY(mknod("/tmp/plain", S_IFDIR | 0644, 0));
  show("/tmp/node"); show("/tmp/pipe"); show("/tmp/plain"); show("/tmp/d");
  list("/tmp");
  SAY(unlink("/tmp/node")); SAY(unlink("/tmp/pipe")); SAY(unlink("/tmp/plain"));
}

static void links(void) {
  SAY(link("/tmp/f", "/tmp/g"));
  SAY(link("/tmp/f", "/tmp/g"));
  SAY(link("/tmp/d", "/tmp/h"));
  SAY(link("/tmp/none", "/tmp/h"));
  SAY(link("/tmp/f", "/tmp/none/h"));
  SAY(link("/tmp/f", "/tmp/h/"));
  SAY(link("/tmp/f/", "/tmp/h"));
  SAY(link("/tmp/f", "/h"));
  SAY(linkat(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/h", 1));
  show("/tmp/g");
  SAY(symlink("f", "/tmp/s"));
  SAY(symlink("f", "/tmp/s"));
  SAY(symlink("", "/tmp/t"));
  SAY(symlink("/tmp/s2", "/tmp/s1")); SAY(symlink("/tmp/s1", "/tmp/s2"));
  SAY(symlink("/tmp/made", "/tmp/dangling"));
  show("/tmp/s");
  SAY(open("/tmp/s1", O_RDONLY));
  SAY(open("/tmp/s1", O_WRONLY | O_CREAT, 0600));
  SAY(open("/tmp/dangling", O_RDONLY));
  SAY(open("/tmp/dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
  SAY(open("/tmp/dangling", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
  SAY(close(open("/tmp/dangling", O_WRONLY | O_CREAT, 0600)));
  show("/tmp/made");
  SAY(linkat(AT_FDCWD, "/tmp/s", AT_FDCWD, "/tmp/s3", 0)); SAY(linkat(AT_FDCWD, "/tmp/s", AT_FDCWD, "/tmp/s4", AT_SYMLINK_FOLLOW));
  show("/tmp/s3"); show("/tmp/s4");
  SAY(readlink("/tmp/f", page, 10)); SAY(readlink("/tmp/s", page, 0)); SAY(readlink("/tmp/s", page, 10));
  SAY(mkdir("/tmp/dangling", 0777)); SAY(rmdir("/tmp/s")); SAY(mkdir("/tmp/s/x", 0777));
  list("/tmp");
  const char *all[] = {"g", "s", "s1", "s2", "s3", "s4", "dangling", "made"};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/%s", all[i]);
    if (unlink(path)) printf("%s stays: %d\n", path, errno);
  }
}

static long rename2(const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void renames(void) {
  SAY(mkdir("/tmp/d/in", 0755));
  SAY(mkdir("/tmp/empty", 0755));
  put("/tmp/o", "other");
  SAY(rename("/tmp/none", "/tmp/x"));
  SAY(rename("/tmp/f", "/tmp/none/x"));
  SAY(rename("/tmp/d", "/tmp/d/in/x"));
  SAY(rename("/tmp/d", "/tmp/d"));
  SAY(rename("/tmp/d/in", "/tmp/d"));
  SAY(rename("/tmp/f", "/tmp/d"));
  SAY(rename("/tmp/d", "/tmp/f"));
  SAY(rename("/tmp/empty", "/tmp/d"));
  SAY(rename("/tmp/f", "/tmp/x/"));
  SAY(rename("/tmp/f/", "/tmp/x"));
  SAY(rename("/tmp/d/.", "/tmp/x"));
  SAY(rename("/tmp/f", "/tmp/d/.."));
  SAY(rename("/tmp/f", "/x"));
  SAY(rename("/tmp", "/x"));
  SAY(rename("/tmp/empty", "/tmp/moved/"));
  SAY(rename("/tmp/moved", "/tmp/d/in"));
  SAY(rename("/tmp/f", "/tmp/o"));
  show("/tmp/o"); show("/tmp/f");
  put("/tmp/f", "text");
  SAY(rename2("/tmp/f", "/tmp/o", 1));
  SAY(rename2("/tmp/f", "/tmp/o", 3));
  SAY(rename2("/tmp/f", "/tmp/o", 8));
  SAY(rename2("/tmp/f", "/tmp/none", 2));
  SAY(rename2("/tmp/f", "/tmp/d/in", 2));
  show("/tmp/f"); show("/tmp/d/in"); show("/tmp/d");
  SAY(rename2("/tmp/d/in", "/tmp/d", 2));
  SAY(rename2("/tmp/d/in", "/tmp/f", 2));
  SAY(rename2("/tmp/f", "/tmp/g", 1));
  SAY(rename2("/tmp/g", "/tmp/f", 0));
  list("/tmp"); list("/tmp/d");
}

static void opens(void) {
  SAY(open("/tmp/none", O_RDONLY));
  SAY(open("/tmp/x/", O_WRONLY | O_CREAT, 0644));
  SAY(open("/tmp/d", O_RDWR));
  SAY(open("/tmp/d", O_RDONLY | O_CREAT, 0644));
  SAY(open("/tmp/f/", O_RDONLY));
  SAY(open("/tmp/f", O_RDONLY | O_DIRECTORY));
  SAY(open("/tmp/f", O_RDONLY | O_CREAT | O_EXCL, 0644));
  SAY(open("/tmp/d/..", O_RDONLY | O_CREAT | O_EXCL, 0644));
  SAY(open("/tmp/none/x", O_RDONLY | O_CREAT, 0644));
  SAY(open("/tmp/f/x", O_RDONLY | O_CREAT, 0644));
  SAY(open("/tmp", O_TMPFILE | O_RDONLY, 0600));
  SAY(open("/tmp/none", O_TMPFILE | O_RDWR, 0600));
  SAY(open("/tmp/f", O_TMPFILE | O_RDWR, 0600));
  file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  struct stat s;
  fstat(file, &s);
  printf("without a name: links %d mode %o\n", (int)s.st_nlink, s.st_mode);
  SAY(linkat(file, "", AT_FDCWD, "/tmp/named", AT_EMPTY_PATH));
  close(file);
  show("/tmp/named");
  SAY(unlink("/tmp/named"));
  file = open("/tmp/f", O_PATH);
  SAY(read(file, page, 1)); SAY(fchmod(file, 0600)); SAY(fstat(file, &s)); SAY(ftruncate(file, 1)); SAY(lseek(file, 0, SEEK_SET));
  close(file);
  umask(077);
  SAY(close(open("/tmp/masked", O_WRONLY | O_CREAT, 0777)));
  umask(022);
  show("/tmp/masked");
  SAY(unlink("/tmp/masked"));
  SAY(mkdir("/tmp/g", 02777)); SAY(chmod("/tmp/g", 02775)); SAY(chown("/tmp/g", -1, 7));
  SAY(mkdir("/tmp/g/sub", 0777));
  put("/tmp/g/file", "");
  show("/tmp/g/sub"); show("/tmp/g/file");
  SAY(unlink("/tmp/g/file")); SAY(rmdir("/tmp/g/sub")); SAY(rmdir("/tmp/g"));
}

static void sizes(void) {
  put("/tmp/f", "0123456789");
  SAY(truncate("/tmp/f", -1)); SAY(truncate("/tmp/d", 1)); SAY(truncate("/tmp/none", 1)); SAY(truncate("/tmp/f/", 1));
  SAY(truncate("/tmp/f", 4));
  show("/tmp/f");
  file = open("/tmp/f", O_RDWR);
  SAY(ftruncate(file, 8)); SAY(pread(file, page, 20, 0));
  printf("%02x %02x %02x\n", page[3], page[4], page[7]);
  SAY(ftruncate(file, -1));
  SAY(pwrite(file, "end", 3, 100000));
  struct stat s;
  fstat(file, &s);
  printf("size %ld blocks %ld\n", (long)s.st_size, (long)s.st_blocks);
  SAY(lseek(file, 0, SEEK_DATA)); SAY(lseek(file, 0, SEEK_HOLE)); SAY(lseek(file, 5000, SEEK_DATA)); SAY(lseek(file, 5000, SEEK_HOLE));
  SAY(lseek(file, 99000, SEEK_HOLE)); SAY(lseek(file, 200000, SEEK_DATA)); SAY(lseek(file, 200000, SEEK_HOLE)); SAY(lseek(file, -1, SEEK_DATA));
  SAY(fallocate(file, 0, 0, 0)); SAY(fallocate(file, 0, -1, 10)); SAY(fallocate(file, 64, 0, 10));
  SAY(fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 10));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE, 4096, 8192)); SAY(fstat(file, &s));
  printf("size %ld blocks %ld\n", (long)s.st_size, (long)s.st_blocks);
  SAY(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 10000)); SAY(fstat(file, &s)); SAY(pread(file, page, 4, 0));
  printf("size %ld blocks %ld: %02x %02x\n", (long)s.st_size, (long)s.st_blocks, page[1], page[2]);
  SAY(fallocate(file, 0, 0, 200000)); SAY(fstat(file, &s));
  printf("size %ld blocks %ld\n", (long)s.st_size, (long)s.st_blocks);
  SAY(pwrite(file, "x", 1, -1)); SAY(pread(file, page, 1, -1));
  SAY(fsync(file)); SAY(fdatasync(file)); SAY(fsync(99)); SAY(fsync(1));
  SAY(syscall(SYS_arm_sync_file_range, file, 0, 0, 0, 0, 0));
  SAY(posix_fadvise(file, 0, 0, 9)); SAY(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
  close(file);
  file = open("/tmp/f", O_RDONLY);
  SAY(ftruncate(file, 1)); SAY(write(file, "x", 1)); SAY(pwrite(file, "x", 1, 0)); SAY(fallocate(file, 0, 0, 10));
  close(file);
  put("/tmp/f", "abc");
  file = open("/tmp/f", O_WRONLY | O_APPEND);
  SAY(write(file, "def", 3)); SAY(pwrite(file, "ghi", 3, 0)); SAY(lseek(file, 0, SEEK_CUR)); SAY(read(file, page, 1));
  close(file);
  show("/tmp/f");
  struct iovec pieces[2] = {{"one", 3}, {"two", 3}};
  file = open("/tmp/f", O_RDWR | O_TRUNC);
  SAY(pwritev(file, pieces, 2, 4)); SAY(preadv(file, pieces, -1, 0)); SAY(lseek(file, 0, SEEK_CUR));
  pieces[0].iov_base = page, pieces[1].iov_base = page + 3;
  SAY(preadv(file, pieces, 2, 4));
  printf("%.6s\n", page);
  close(file);
  SAY(write(open("/tmp/f", O_WRONLY), (char *)4, 10));
}

static void times_and_modes(void) {
  struct stat s;
  SAY(chmod("/tmp/f", 07777)); SAY(chmod("/tmp/none", 0)); SAY(chmod("/tmp/f/", 0));
  show("/tmp/f");
  SAY(chown("/tmp/f", 3, 4)); show("/tmp/f");
  SAY(chmod("/tmp/f", 02640)); SAY(chown("/tmp/f", -1, 5)); show("/tmp/f");
  SAY(symlink("f", "/tmp/s")); SAY(lchown("/tmp/s", 8, 9)); show("/tmp/s"); show("/tmp/f");
  SAY(chown("/tmp/f", 0, 0)); SAY(unlink("/tmp/s"));
  SAY(fchownat(AT_FDCWD, "/tmp/f", 0, 0, 1));
  struct timespec times[2] = {{1000, 5}, {2000, 999999999}};
  SAY(utimensat(AT_FDCWD, "/tmp/f", times, 0));
  stat("/tmp/f", &s);
  printf("%ld.%09ld %ld.%09ld\n", (long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  times[0].tv_nsec = UTIME_OMIT, times[1].tv_sec = -5, times[1].tv_nsec = 1;
  SAY(utimensat(AT_FDCWD, "/tmp/f", times, 0));
  stat("/tmp/f", &s);
  printf("%ld.%09ld %ld.%09ld\n", (long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  times[1].tv_nsec = 1000000000;
  SAY(utimensat(AT_FDCWD, "/tmp/f", times, 0));
  times[1].tv_nsec = UTIME_OMIT;
  SAY(utimensat(AT_FDCWD, "/tmp/none", times, 0));
  times[1].tv_nsec = UTIME_NOW;
  SAY(utimensat(AT_FDCWD, "/tmp/f", times, 0)); SAY(utimensat(AT_FDCWD, "/tmp/none", 0, 0)); SAY(utimensat(AT_FDCWD, "/tmp/f", 0, 1));
  struct timeval micro[2] = {{7, 8}, {9, 10}};
  SAY(utimes("/tmp/f", micro));
  stat("/tmp/f", &s);
  printf("%ld.%09ld %ld.%09ld\n", (long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  micro[1].tv_usec = 1000000;
  SAY(utimes("/tmp/f", micro));
  SAY(access("/tmp/f", W_OK)); SAY(access("/tmp/f", X_OK)); SAY(access("/tmp/none", F_OK)); SAY(access("/tmp/f", 8));
  struct statfs volume;
  SAY(statfs("/tmp/none", &volume)); SAY(statfs("/tmp/f", &volume));
  printf("type %lx block %ld name %ld\n", (long)volume.f_type, (long)volume.f_bsize, (long)volume.f_namelen);
  SAY(fstatfs(99, &volume));
}

static void open_without_a_name(void) {
  file = open("/tmp/gone", O_RDWR | O_CREAT, 0600);
  SAY(unlink("/tmp/gone"));
  struct stat s;
  SAY(write(file, "kept", 4)); SAY(pread(file, page, 9, 0)); SAY(fstat(file, &s));
  printf("links %d\n", (int)s.st_nlink);
  SAY(linkat(file, "", AT_FDCWD, "/tmp/again", AT_EMPTY_PATH));
  close(file);
  SAY(mkdir("/tmp/w", 0755)); SAY(chdir("/tmp/w")); SAY(rmdir("/tmp/w"));
  SAY(open("x", O_CREAT | O_WRONLY, 0644)); SAY(mkdir("y", 0755)); SAY((long)getcwd(page, sizeof page)); SAY(rmdir("."));
  list(".");
  SAY(chdir("/tmp"));
  put("relative", "r");
  show("/tmp/relative");
  SAY(unlink("./relative"));
}

int main(void) {
  mkdir("/tmp", 0755);
  mount("tmpfs", "/tmp", "tmpfs", 0, "size=64m");
  mkdir("/proc", 0555), mount("proc", "/proc", "proc", 0, 0); /* musl's fchmod uses /proc/self/fd */
  memset(name_of_300, 'n', 300);
  memcpy(name_of_300, "/tmp/", 5);
  names(), links(), renames(), opens(), sizes(), times_and_modes(), open_without_a_name();
  list("/tmp");
  return 0;
}
