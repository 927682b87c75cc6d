// SPDX-License-Identifier: Apache-2.0
/* inotify: every line as Linux 6.1 prints it, in watched.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static int inotify;
static char bytes[1 << 16] __attribute__((aligned(4096)));
static uint32_t cookies[8];

/* Cookies are shown in the order in which they come first. */
static int number(uint32_t cookie) {
  if (!cookie) return 0;
  for (int i = 0;; i++) {
    if (!cookies[i]) cookies[i] = cookie;
    if (cookies[i] == cookie) return i + 1;
  }
}

static const char *const names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE",
  "OPEN", "MOVED_FROM", "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", [13] = "UNMOUNT",
  [14] = "Q_OVERFLOW", [15] = "IGNORED", [30] = "ISDIR"};

/* Prints the events that are queued. */
static void show_of(const char *what, int file) {
  if (what) printf("%s\n", what);
  long count;
  while ((count = read(file, bytes, sizeof bytes)) > 0)
    for (long at = 0; at < count;) {
      struct inotify_event *event = (void *)(bytes + at);
      printf("  %d", event->wd);
      for (int bit = 0; bit < 32; bit++)
        if (event->mask >> bit & 1) printf(" %s", bit < 31 && names[bit] ? names[bit] : "?");
      if (event->cookie) printf(" cookie %d", number(event->cookie));
      if (event->len) printf(" \"%s\" in %u", event->name, event->len);
      printf("\n");
      at += sizeof *event + event->len;
    }
  memset(cookies, 0, sizeof cookies);
}
static void show(const char *what) { show_of(what, inotify); }

/* Prints the call, and the events that are queued then. */
#define SEE(call) \
  do {            \
    SAY(call);    \
    show(0);      \
  } while (0)

static void show_size(void) {
  int size = -1;
  ioctl(inotify, FIONREAD, &size);
  printf("%d bytes\n", size);
}

static int watch(const char *path, uint32_t mask) { return inotify_add_watch(inotify, path, mask); }
static int unwatch(int number) { return inotify_rm_watch(inotify, number); }
static void begin(void) { inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC); }
static void end(void) { close(inotify); }

static void touch(const char *path, int flags) {
  int file = open(path, flags, 0644);
  if (file < 0) printf("no %s\n", path);
  close(file);
}

static void refusals(void) {
  begin();
  int null = open("/dev/null", O_RDWR), place = open("/tmp/d", O_PATH);
  SAY(inotify_init1(1));
  SAY(inotify_init1(IN_NONBLOCK | 4));
  SAY(syscall(SYS_inotify_init1, O_APPEND));
  int plain = syscall(SYS_inotify_init);
  SAY(fcntl(plain, F_GETFL) & ~0400000);
  SAY(fcntl(plain, F_GETFD));
  SAY(fcntl(inotify, F_GETFL) & ~0400000);
  SAY(fcntl(inotify, F_GETFD));
  close(plain);
  SAY(write(inotify, bytes, 16));
  SAY(lseek(inotify, 5, SEEK_SET));
  SAY(lseek(inotify, 0, SEEK_CUR));
  struct stat status;
  SAY((fstat(inotify, &status), status.st_mode));
  SAY(read(inotify, bytes, 0));
  SAY(read(inotify, bytes, 100));
  SAY(inotify_add_watch(99, "/tmp/d", IN_OPEN));
  SAY(inotify_add_watch(99, "/tmp/d", 0));
  SAY(inotify_add_watch(null, "/tmp/d", IN_OPEN));
  SAY(inotify_add_watch(place, "/tmp/d", IN_OPEN));
  SAY(watch("/tmp/d", 0));
  SAY(watch("/tmp/d", 0x1000));
  SAY(watch("/tmp/d", 0x08000000 | IN_OPEN));
  SAY(watch("/tmp/d", 0x00010000));
  SAY(watch("/tmp/d", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
  SAY(inotify_add_watch(null, "/tmp/d", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
  SAY(watch("/tmp/none", IN_OPEN));
  SAY(watch("", IN_OPEN));
  SAY(watch((char *)8, IN_OPEN));
  SAY(watch("/tmp/file", IN_OPEN | IN_ONLYDIR));
  SAY(watch("/tmp/file/x", IN_OPEN));
  SAY(watch("/tmp/link", IN_OPEN | IN_ONLYDIR));
  SAY(watch("/tmp/link", IN_OPEN | IN_ONLYDIR | IN_DONT_FOLLOW));
  SAY(unwatch(1));
  for (int number = 1; number >= -1; number--) SAY(unwatch(number));
  SAY(inotify_rm_watch(99, 1));
  SAY(inotify_rm_watch(null, 1));
  SEE(inotify_rm_watch(place, 1));
  SAY(watch("/tmp/d", IN_ONLYDIR));
  SAY(watch("/tmp/d", IN_OPEN | IN_MASK_CREATE));
  SAY(watch("/tmp/d/../file", IN_OPEN | IN_MASK_CREATE));
  SAY(watch("/tmp/d", IN_ISDIR | IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT));
  SAY(unwatch(3));
  SAY(unwatch(2));
  SAY(watch("/tmp/d", IN_OPEN));
  SAY(ioctl(inotify, FIONREAD, bytes));
  SAY(ioctl(inotify, FIONREAD, (char *)8));
  SEE(ioctl(inotify, TCGETS, bytes));
  touch("/tmp/d", O_RDONLY);
  SAY(read(inotify, (char *)8, 100));
  SAY(read(inotify, bytes, 100));
  close(null), close(place), end();
}

static void files(void) {
  begin();
  SAY(watch("/tmp/d", IN_ALL_EVENTS));
  touch("/tmp/d/a", O_CREAT | O_WRONLY);
  SEE(watch("/tmp/d/a", IN_ALL_EVENTS));
  int file = open("/tmp/d/a", O_RDWR);
  SAY(write(file, "hello", 5));
  SAY(write(file, "hello", 0));
  SAY(lseek(file, 0, SEEK_SET));
  SAY(read(file, bytes, 3));
  SAY(read(file, bytes, 0));
  SAY(read(file, bytes, 30));
  SAY(read(file, bytes, 30));
  SAY(pwrite(file, "x", 1, 2));
  SEE(pread(file, bytes, 1, 0));
  SEE(ftruncate(file, 3));
  SEE(truncate("/tmp/d/a", 2));
  SEE(fallocate(file, 0, 0, 100));
  SEE(fchmod(file, 0600));
  SEE(chmod("/tmp/d/a", 0600));
  SEE(chown("/tmp/d/a", 1, 1));
  SEE(chown("/tmp/d/a", -1, -1));
  SEE(chown("/tmp/d/a", -1, 0));
  SEE(utimensat(AT_FDCWD, "/tmp/d/a", 0, 0));
  struct timespec times[2] = {{1, 0}, {0, UTIME_OMIT}}, others[2] = {{0, UTIME_OMIT}, {1, 0}};
  SEE(utimensat(AT_FDCWD, "/tmp/d/a", times, 0));
  SEE(utimensat(AT_FDCWD, "/tmp/d/a", others, 0));
  others[1].tv_nsec = UTIME_OMIT;
  SEE(utimensat(AT_FDCWD, "/tmp/d/a", others, 0));
  int copy = dup(file);
  SEE(close(file));
  SEE(close(copy));
  touch("/tmp/d/a", O_WRONLY | O_TRUNC);
  show("truncating open");
  touch("/tmp/d/a", O_RDONLY);
  show("reading open");
  touch("/tmp/d/a", O_PATH);
  show("open of a place");
  SAY(open("/tmp/d/a", O_CREAT | O_EXCL, 0600));
  SAY(open("/tmp/d/a/b", O_RDONLY));
  SAY(access("/tmp/d/a", R_OK));
  struct stat status;
  SEE(stat("/tmp/d/a", &status));
  SAY(unwatch(2));
  int from = open("/tmp/file", O_RDONLY), to = open("/tmp/d/a", O_WRONLY);
  SAY(sendfile(to, from, 0, 4));
  SAY(copy_file_range(from, 0, to, 0, 2, 0));
  close(from), close(to);
  show("copies into");
  from = open("/tmp/d/a", O_RDONLY), to = open("/tmp/file", O_WRONLY);
  SAY(sendfile(to, from, 0, 4));
  SAY(copy_file_range(from, 0, to, 0, 2, 0));
  close(from), close(to);
  show("copies from");
  struct iovec pieces[2] = {{"ab", 2}, {"cd", 2}};
  file = open("/tmp/d/a", O_RDWR);
  SAY(writev(file, pieces, 2));
  SAY(pwritev(file, pieces, 2, 0));
  pieces[0].iov_base = bytes, pieces[1].iov_base = bytes + 2;
  SAY(preadv(file, pieces, 2, 0));
  SAY(readv(file, pieces, 2));
  SAY(readv(file, pieces, 2));
  close(file);
  show("vectors");
  SAY(watch("/tmp/d/a", IN_ALL_EVENTS));
  SEE(unlink("/tmp/d/a"));
  SAY(unwatch(3));
  end();
}

static void ends(void) {
  begin();
  SAY(watch("/tmp/d", IN_ALL_EVENTS & ~IN_OPEN));
  touch("/tmp/d/b", O_CREAT | O_WRONLY);
  SAY(watch("/tmp/d/b", IN_ALL_EVENTS));
  SEE(link("/tmp/d/b", "/tmp/d/c"));
  SEE(unlink("/tmp/d/b"));
  int file = open("/tmp/d/c", O_RDWR);
  show("open");
  SAY(watch("/tmp/d/c", IN_ALL_EVENTS));
  SAY(watch("/tmp/d", IN_DELETE | IN_CREATE));
  SEE(unlink("/tmp/d/c"));
  SEE(write(file, "x", 1));
  SEE(close(file));
  symlink("file", "/tmp/d/s");
  mknod("/tmp/d/n", S_IFCHR | 0600, 0x103), mkfifo("/tmp/d/f", 0600);
  SEE(mkdir("/tmp/d/e", 0700));
  SAY(watch("/tmp/d/s", IN_ALL_EVENTS | IN_DONT_FOLLOW));
  SAY(unlink("/tmp/d/s"));
  unlink("/tmp/d/n"), unlink("/tmp/d/f");
  SEE(rmdir("/tmp/d/e"));
  end();
}

static void list(const char *path) {
  int folder = open(path, O_RDONLY | O_DIRECTORY);
  while (syscall(SYS_getdents64, folder, bytes, sizeof bytes) > 0) {}
  close(folder);
}

static void folders(void) {
  begin();
  mkdir("/tmp/d/e", 0700);
  SAY(watch("/tmp/d", IN_ALL_EVENTS | IN_EXCL_UNLINK));
  SAY(watch("/tmp/d/e", IN_ALL_EVENTS));
  list("/tmp/d/e");
  show("listing");
  SEE(chmod("/tmp/d/e", 0755));
  SAY(mkdir("/tmp/d/e/x", 0755));
  SAY(mkdir("/tmp/d/e/x", 0755));
  SAY(rmdir("/tmp/d/e"));
  SEE(rmdir("/tmp/d/e/x"));
  SEE(rename("/tmp/d/e", "/tmp/d/g"));
  touch("/tmp/d/g/y", O_CREAT | O_RDWR);
  unlink("/tmp/d/g/y");
  show("in it");
  int folder = open("/tmp/d/g", O_RDONLY);
  SEE(rmdir("/tmp/d/g"));
  SEE(close(folder));
  end();
}

static void renames(void) {
  begin();
  mkdir("/tmp/d/e", 0700);
  touch("/tmp/d/a", O_CREAT | O_RDWR), touch("/tmp/d/e/b", O_CREAT | O_RDWR);
  SAY(watch("/tmp/d", IN_ALL_EVENTS));
  SAY(watch("/tmp/d/e", IN_ALL_EVENTS));
  SAY(watch("/tmp/d/a", IN_ALL_EVENTS));
  SAY(watch("/tmp/d/e/b", IN_ALL_EVENTS));
  SAY(rename("/tmp/d/a", "/tmp/d/a name of 31 bytes, the longest"));
  SEE(rename("/tmp/d/a name of 31 bytes, the longest", "/tmp/d/c"));
  SEE(rename("/tmp/d/c", "/tmp/d/e/c"));
  SAY(syscall(SYS_renameat2, AT_FDCWD, "/tmp/d/e/c", AT_FDCWD, "/tmp/d/e", 2));
  SAY(rename("/tmp/d/e/c", "/tmp/d/e/c"));
  SEE(rename("/tmp/d/e/none", "/tmp/d/e/c"));
  SEE(rename("/tmp/d/e/c", "/tmp/d/e/b"));
  touch("/tmp/d/a", O_CREAT | O_RDWR);
  show("new");
  SEE(syscall(SYS_renameat2, AT_FDCWD, "/tmp/d/a", AT_FDCWD, "/tmp/d/e/b", 2));
  mkdir("/tmp/d/h", 0700);
  SAY(watch("/tmp/d/h", IN_ALL_EVENTS));
  SAY(rename("/tmp/d/h", "/tmp/d/e/h"));
  mkdir("/tmp/d/h", 0700);
  SEE(rename("/tmp/d/h", "/tmp/d/e/h"));
  rmdir("/tmp/d/e/h"), unlink("/tmp/d/a"), unlink("/tmp/d/e/b"), rmdir("/tmp/d/e");
  show("ends");
  end();
}

static void masks(void) {
  begin();
  touch("/tmp/d/a", O_CREAT | O_RDWR);
  SAY(watch("/tmp/d/a", IN_OPEN));
  SAY(watch("/tmp/d/a", IN_CLOSE | IN_MASK_ADD));
  touch("/tmp/d/a", O_RDWR);
  show("added");
  SAY(watch("/tmp/d/a", IN_CLOSE));
  touch("/tmp/d/a", O_RDWR);
  show("replaced");
  SAY(watch("/tmp/d/a", IN_OPEN | IN_ONESHOT));
  touch("/tmp/d/a", O_RDWR), touch("/tmp/d/a", O_RDWR);
  show("once");
  SAY(unwatch(1));
  SAY(watch("/tmp/d", IN_OPEN | IN_ONESHOT));
  SAY(watch("/tmp/d", IN_CLOSE | IN_MASK_ADD));
  touch("/tmp/d/a", O_RDWR);
  show("once in a folder");
  SAY(watch("/tmp/d", IN_OPEN | IN_ONESHOT));
  SAY(watch("/tmp/d", IN_OPEN));
  touch("/tmp/d/a", O_RDWR), touch("/tmp/d/a", O_RDWR);
  show("once no longer");
  SAY(watch("/tmp/d", IN_ALL_EVENTS | IN_EXCL_UNLINK));
  int file = open("/tmp/d/a", O_RDWR);
  unlink("/tmp/d/a");
  write(file, "x", 1);
  close(file);
  show("without unlinked files");
  end();
}

static void sequence(void) {
  begin();
  touch("/tmp/d/a", O_CREAT | O_RDWR), touch("/tmp/d/ab", O_CREAT | O_RDWR);
  SAY(watch("/tmp/d", IN_ATTRIB | IN_MODIFY));
  for (int i = 0; i < 3; i++) chmod("/tmp/d/a", 0600);
  chmod("/tmp/d/ab", 0600), chmod("/tmp/d/a", 0600), chmod("/tmp/d", 0700), chmod("/tmp/d", 0700);
  truncate("/tmp/d/a", 1), truncate("/tmp/d/a", 1), chmod("/tmp/d/a", 0600);
  show_size();
  struct pollfd one = {inotify, POLLIN | POLLOUT | POLLRDNORM | POLLPRI, 0};
  SAY(poll(&one, 1, 0));
  printf("%#x\n", one.revents);
  for (int room = 0; room < 33; room += 8) SAY(read(inotify, bytes, room));
  SAY(read(inotify, bytes, 63));
  show_size();
  show("in order");
  show_size();
  SAY(poll(&one, 1, 0));
  int instance = epoll_create1(0);
  struct epoll_event event = {EPOLLIN | EPOLLET, {.fd = 1}};
  SAY(epoll_ctl(instance, EPOLL_CTL_ADD, inotify, &event));
  SAY(epoll_wait(instance, &event, 1, 0));
  chmod("/tmp/d/a", 0600);
  SAY(epoll_wait(instance, &event, 1, 0));
  SAY(epoll_wait(instance, &event, 1, 0));
  chmod("/tmp/d/a", 0600);
  SAY(epoll_wait(instance, &event, 1, 0));
  chmod("/tmp/d/ab", 0600);
  SAY(epoll_wait(instance, &event, 1, 0));
  close(instance);
  show("polled");
  char name[256], path[300];
  for (int size = 13; size < 256; size += size < 33 ? 1 : 111) {
    memset(name, 'n', size), name[size] = 0;
    snprintf(path, sizeof path, "/tmp/d/%s", name);
    touch(path, O_CREAT | O_RDWR);
    chmod(path, 0600);
    unlink(path);
  }
  show("sizes");
  end();
}

static void handler(int signal) { (void)signal; }

static void change(void) {
  usleep(50000);
  chmod("/tmp/d/a", 0600);
}
static void change_and_read(void) {
  chmod("/tmp/d/a", 0600);
  show("of a child");
}
static void interrupt(void) {
  usleep(50000);
  kill(getppid(), SIGUSR1);
}

static void waits(void) {
  inotify = inotify_init();
  SAY(watch("/tmp/d", IN_ATTRIB));
  pid_t other = child(change);
  SAY(read(inotify, bytes, sizeof bytes));
  waitpid(other, 0, 0);
  other = child(change);
  struct pollfd one = {inotify, POLLIN, 0};
  SAY(poll(&one, 1, 5000));
  waitpid(other, 0, 0);
  SAY(read(inotify, bytes, 31));
  SAY(read(inotify, bytes, 32));
  struct sigaction action = {.sa_handler = handler};
  sigaction(SIGUSR1, &action, 0), other = child(interrupt);
  SAY(read(inotify, bytes, sizeof bytes));
  waitpid(other, 0, 0);
  fcntl(inotify, F_SETFL, O_NONBLOCK);
  waitpid(child(change_and_read), 0, 0);
  show("after it");
  int copy = dup(inotify);
  chmod("/tmp/d/a", 0600);
  close(inotify);
  show_of("of a copy", copy);
  close(copy);
}

static void several(void) {
  int first = inotify_init1(IN_NONBLOCK), second = inotify_init1(IN_NONBLOCK);
  SAY(inotify_add_watch(first, "/tmp/d", IN_OPEN));
  SAY(inotify_add_watch(second, "/tmp/d/a", IN_OPEN | IN_CLOSE | IN_DELETE_SELF));
  SAY(inotify_add_watch(second, "/tmp/d", IN_CREATE | IN_DELETE));
  touch("/tmp/d/a", O_RDWR);
  show_of("first", first);
  show_of("second", second);
  close(first);
  touch("/tmp/d/a", O_RDWR);
  unlink("/tmp/d/a");
  show_of("second", second);
  SAY(inotify_rm_watch(second, 1));
  close(second);
  touch("/tmp/d/a", O_RDWR | O_CREAT);
}

static void no_names(void) {
  begin();
  int ends[2];
  char path[40];
  pipe(ends);
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  SAY(watch(path, IN_ALL_EVENTS));
  SAY(write(ends[1], "x", 1));
  SEE(read(ends[0], bytes, 1));
  close(ends[0]), close(ends[1]);
  SAY(watch("/dev/null", IN_ALL_EVENTS));
  int null = open("/dev/null", O_RDWR);
  SAY(write(null, "x", 1));
  SAY(read(null, bytes, 1));
  close(null);
  show("/dev/null");
  SAY(watch("/proc/self/fdinfo/1", IN_ALL_EVENTS));
  touch("/proc/self/fdinfo/1", O_RDONLY);
  show("/proc");
  end();
}

static void text(const char *path) {
  int file = open(path, O_RDONLY);
  long count = read(file, bytes, 100);
  printf("%s: %.*s", path, count > 0 ? (int)count : 2, count > 0 ? bytes : "?\n");
  close(file);
}

static void limits(void) {
  text("/proc/sys/fs/inotify/max_queued_events");
  text("/proc/sys/fs/inotify/max_user_instances");
  text("/proc/sys/fs/inotify/max_user_watches");
  int files[200], made = 0;
  while (made < 200 && (files[made] = inotify_init()) >= 0) made++;
  printf("%d instances\n", made);
  SAY(inotify_init());
  while (made > 0) close(files[--made]);
  begin();
  SAY(watch("/tmp/d", IN_ATTRIB));
  for (int i = 0; i < 10000; i++) chmod("/tmp/d/a", 0600), chmod("/tmp/d/ab", 0600);
  show_size();
  SAY(read(inotify, bytes, 32));
  chmod("/tmp/d", 0700);
  SAY(read(inotify, bytes, 32));
  chmod("/tmp/d", 0700);
  chmod("/tmp/d/a", 0600);
  long count, sum = 0;
  while ((count = read(inotify, bytes, 100)) > 0)
    for (long at = 0; at < count;) {
      struct inotify_event *event = (void *)(bytes + at);
      if (event->mask != IN_ATTRIB) printf("%ld: %d %#x %u\n", sum, event->wd, event->mask, event->len);
      at += sizeof *event + event->len;
      sum++;
    }
  printf("%ld events\n", sum);
  chmod("/tmp/d/a", 0600);
  show("afterwards");
  end();
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (access("/proc/self", F_OK) != 0) syscall(SYS_mount, "proc", "/proc", "proc", 0, 0);
  mkdir("/tmp/d", 0700);
  symlink("d", "/tmp/link");
  int file = open("/tmp/file", O_CREAT | O_RDWR, 0600);
  write(file, "contents", 8), close(file);
  refusals();
  files();
  ends();
  folders();
  renames();
  masks();
  sequence();
  waits();
  several();
  no_names();
  limits();
  return 0;
}
