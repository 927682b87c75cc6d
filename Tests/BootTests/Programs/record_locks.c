// SPDX-License-Identifier: Apache-2.0
/* The record locks of fcntl: every line as Linux 6.1 prints it, in record_locks.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static const char path[] = "/tmp/locks";
static int file;

static int lock_at(int descriptor, int command, int type, int whence, int64_t start, int64_t length) {
  struct flock lock = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
  return fcntl(descriptor, command, &lock);
}
static int lock(int type, int64_t start, int64_t length) {
  return lock_at(file, F_SETLK, type, SEEK_SET, start, length);
}

/* Prints the locks of a file as another process sees them. */
static void show(void) {
  int64_t at = 0;
  pid_t parent = getppid();
  for (int i = 0; i < 20; i++) {
    struct flock held = {.l_type = F_WRLCK, .l_start = at};
    if (fcntl(file, F_GETLK, &held) != 0) break;
    if (held.l_type == F_UNLCK) break;
    printf(" %s %lld+%lld%s", held.l_type == F_RDLCK ? "read" : "write", (long long)held.l_start,
           (long long)held.l_len,
           held.l_pid == parent ? "" : held.l_pid == -1 ? " (file)" : " (other)");
    if (held.l_whence != SEEK_SET) printf(" whence %d", held.l_whence);
    if (held.l_len == 0) break;
    at = held.l_start + held.l_len;
  }
  printf("\n");
}
static void view(const char *what) {
  printf("%s:", what);
  waitpid(child(show), 0, 0);
}

static void errors(void) {
  int reader = open(path, O_RDONLY), writer = open(path, O_WRONLY), place = open(path, O_PATH);
  SAY(lock_at(77, F_SETLK, F_RDLCK, 0, 0, 0));
  SAY(lock_at(place, F_SETLK, F_RDLCK, 0, 0, 0));
  SAY(lock_at(place, F_GETLK, F_RDLCK, 0, 0, 0));
  SAY(fcntl(file, F_SETLK, 8));
  SAY(fcntl(77, F_SETLK, 8));
  SAY(fcntl(file, F_GETLK, 8));
  SAY(fcntl(file, F_OFD_GETLK, 8));
  SAY(lock_at(reader, F_SETLK, F_WRLCK, 0, 0, 0));
  SAY(lock_at(reader, F_SETLK, F_RDLCK, 0, 0, 0));
  SAY(lock_at(writer, F_SETLK, F_RDLCK, 0, 0, 0));
  SAY(lock_at(writer, F_SETLK, F_WRLCK, 0, 0, 0));
  SAY(lock_at(writer, F_SETLK, F_UNLCK, 0, 0, 0));
  SAY(lock_at(writer, F_GETLK, F_RDLCK, 0, 0, 0));
  int neither = open(path, 3);
  SAY(lock_at(neither, F_SETLK, F_RDLCK, 0, 0, 0));
  SAY(lock_at(neither, F_SETLK, F_WRLCK, 0, 0, 0));
  SAY(lock_at(neither, F_SETLK, F_UNLCK, 0, 0, 0));
  SAY(lock_at(neither, F_GETLK, F_WRLCK, 0, 0, 0));
  SAY(read(neither, &reader, 1));
  SAY(write(neither, &reader, 1));
  SAY(ftruncate(neither, 100));
  SAY(mmap(0, 4096, PROT_READ, MAP_SHARED, neither, 0) == MAP_FAILED ? errno : 0);
  SAY(fcntl(neither, F_GETFL) & O_ACCMODE);
  close(neither);
  SAY(lock(3, 0, 0));
  SAY(lock(-1, 0, 0));
  SAY(lock_at(file, F_SETLK, F_RDLCK, 3, 0, 0));
  SAY(lock_at(file, F_SETLK, 3, 3, 0, 0));
  SAY(lock_at(reader, F_SETLK, F_WRLCK, 3, 0, 0));
  SAY(lock_at(file, F_GETLK, F_UNLCK, 0, 0, 0));
  SAY(lock_at(file, F_GETLK, 7, 3, 0, 0));
  SAY(lock_at(file, F_OFD_GETLK, F_UNLCK, 0, 0, 0));
  SAY(lock(F_RDLCK, -1, 0));
  SAY(lock(F_RDLCK, INT64_MIN, 0));
  SAY(lock(F_RDLCK, INT64_MAX, 0));
  SAY(lock(F_RDLCK, INT64_MAX, 1));
  SAY(lock(F_RDLCK, INT64_MAX, 2));
  SAY(lock(F_RDLCK, 1, INT64_MAX));
  SAY(lock(F_RDLCK, 2, INT64_MAX));
  SAY(lock(F_RDLCK, 0, INT64_MIN));
  SAY(lock(F_RDLCK, INT64_MAX, INT64_MIN));
  SAY(lock(F_RDLCK, INT64_MAX, -INT64_MAX));
  SAY(lock(F_RDLCK, 10, -10));
  SAY(lock(F_RDLCK, 10, -11));
  view("locks");
  SAY(lock(F_UNLCK, 0, 0));
  SAY(lseek(file, 50, SEEK_SET));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_CUR, -51, 1));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_CUR, -50, 1));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_CUR, INT64_MAX, 1));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_CUR, INT64_MAX - 50, 0));
  SAY(lock_at(file, F_SETLK, F_WRLCK, SEEK_END, -5, 2));
  SAY(lock_at(file, F_SETLK, F_WRLCK, SEEK_END, -101, 2));
  SAY(lock_at(file, F_SETLK, F_WRLCK, SEEK_END, INT64_MAX, 2));
  view("locks");
  SAY(lock(F_UNLCK, 0, 0));
  struct flock other = {.l_type = F_RDLCK, .l_pid = 1};
  SAY(fcntl(file, F_OFD_SETLK, &other));
  SAY(fcntl(file, F_OFD_SETLKW, &other));
  SAY(fcntl(file, F_OFD_GETLK, &other));
  SAY(fcntl(file, F_SETLK, &other));
  SAY(syscall(SYS_fcntl, file, F_SETLK, &other));
  SAY(syscall(SYS_fcntl, file, F_OFD_SETLK, &other));
  SAY(syscall(SYS_fcntl64, file, 8 + 31, &other));
  close(reader), close(writer), close(place);
}

/* The forms with 32-bit offsets. */
struct short_lock { short type, whence; int32_t start, length, process; };
static void print_short(int command, int start, int length) {
  struct short_lock get = {F_RDLCK, SEEK_SET, start, length, 99};
  errno = 0;
  long answer = syscall(SYS_fcntl64, file, command, &get);
  printf("short: %ld %d: %d %d %d %d %d\n", answer, answer ? errno : 0, get.type, get.whence, get.start, get.length,
         get.process == 99 ? 99 : get.process == getppid());
}
static void ask_short(void) {
  print_short(5, 0, 0);
  print_short(5, 100, 100);
  print_short(5, 0x7ffffff0, 0);
  print_short(5, 0x7fffffff, 1);
  print_short(5, -1, 1);
}
static void short_forms(void) {
  struct short_lock set = {F_WRLCK, SEEK_SET, 10, 20, 0};
  SAY(syscall(SYS_fcntl64, file, 6, &set));
  SAY(syscall(SYS_fcntl, file, 7, &set));
  SAY(lock(F_WRLCK, 0x7ffffff0, 0x100));
  view("locks");
  waitpid(child(ask_short), 0, 0);
  SAY(lock(F_UNLCK, 0x7ffffff0, 0));
  SAY(lock(F_WRLCK, 0x80000000, 0x100));
  waitpid(child(ask_short), 0, 0);
  SAY(lock(F_WRLCK, 0x7ffffff0, 0));
  waitpid(child(ask_short), 0, 0);
  set = (struct short_lock){F_UNLCK, SEEK_SET, 0, 0, 0};
  SAY(syscall(SYS_fcntl64, file, 6, &set));
  view("locks");
}

static void ranges(void) {
  SAY(lock(F_WRLCK, 10, 30));
  SAY(lock(F_UNLCK, 20, 10));
  view("split");
  SAY(lock(F_WRLCK, 20, 10));
  view("merged");
  SAY(lock(F_RDLCK, 20, 10));
  view("middle to read");
  SAY(lock(F_RDLCK, 15, 5));
  view("grown");
  SAY(lock(F_WRLCK, 18, 4));
  view("across");
  SAY(lock(F_RDLCK, 0, 100));
  view("all to read");
  SAY(lock(F_WRLCK, 0, 10));
  SAY(lock(F_WRLCK, 90, 0));
  view("both ends");
  SAY(lock(F_UNLCK, 95, 1));
  SAY(lock(F_UNLCK, 0, 5));
  SAY(lock(F_UNLCK, 50, 45));
  view("cut");
  SAY(lock(F_RDLCK, 200, 1));
  SAY(lock(F_RDLCK, 202, 1));
  SAY(lock(F_RDLCK, 204, 1));
  view("inside another kind");
  SAY(lock(F_UNLCK, 96, 104));
  SAY(lock(F_RDLCK, 203, 1));
  view("three");
  SAY(lock(F_RDLCK, 201, 1));
  view("one");
  SAY(lock(F_UNLCK, 1000, 10));
  SAY(lock(F_UNLCK, 0, 0));
  SAY(lock(F_UNLCK, 0, 0));
  view("none");
}

static void try_locks(void) {
  SAY(lock(F_RDLCK, 0, 10));
  SAY(lock(F_RDLCK, 9, 2));
  SAY(lock(F_WRLCK, 19, 1));
  SAY(lock(F_RDLCK, 19, 1));
  SAY(lock(F_WRLCK, 20, 1));
  SAY(lock(F_UNLCK, 10, 1));
}
static void conflicts(void) {
  lock(F_WRLCK, 10, 5);
  lock(F_RDLCK, 15, 5);
  waitpid(child(try_locks), 0, 0);
  view("after the child's end");
  SAY(close(open(path, O_PATH)));
  view("after the close of a place");
  int again = open(path, O_RDWR);
  close(again);
  view("after a close of another descriptor");
  lock(F_WRLCK, 10, 5);
  int copy = dup(file);
  SAY(dup2(copy, 40));
  view("after dup2 to a free one");
  SAY(dup2(2, 40));
  view("after dup2 to the copy");
  lock(F_WRLCK, 10, 5);
  waitpid(child(try_locks), 0, 0);
  close(copy);
  view("after a close");
}

static int pipes[2][2];
static void tell(int which) { write(pipes[which][1], "x", 1); }
static void hear(int which) {
  char byte;
  read(pipes[which][0], &byte, 1);
}
static void pause_for(int milliseconds) {
  struct timespec time = {0, milliseconds * 1000000L};
  nanosleep(&time, 0);
}

static void hold(void) {
  lock(F_WRLCK, 0, 10);
  tell(0);
  hear(1);
  pause_for(30);
  lock(F_UNLCK, 0, 5);
  hear(1);
}
static void nothing(int number) { (void)number; }
/* Signals from now on, each time after as many milliseconds; none for 0. */
static void alarm_each(int milliseconds, int flags) {
  struct sigaction action = {.sa_handler = nothing, .sa_flags = flags};
  sigaction(SIGALRM, &action, 0);
  struct itimerval timer = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};
  setitimer(ITIMER_REAL, &timer, 0);
}
/* Waits until a process sleeps. */
static void await_sleep(pid_t process) {
  char name[40], text[100];
  sprintf(name, "/proc/%d/stat", process);
  for (;;) {
    int stat = open(name, O_RDONLY), count = read(stat, text, sizeof text - 1);
    close(stat);
    text[count > 0 ? count : 0] = 0;
    char *end = strrchr(text, ')');
    if (end && end[2] == 'S') return;
    pause_for(1);
  }
}
static void wait_in_vain(void) { lock_at(file, F_SETLKW, F_WRLCK, 0, 0, 0); }

static void waits(void) {
  pid_t holder = child(hold);
  hear(0);
  alarm_each(10, 0);
  SAY(lock_at(file, F_SETLKW, F_WRLCK, SEEK_SET, 0, 1));
  alarm_each(0, 0);
  pid_t waiter = child(wait_in_vain);
  await_sleep(waiter);
  SAY(kill(waiter, SIGKILL));
  int status;
  SAY(waitpid(waiter, &status, 0) == waiter ? WTERMSIG(status) : -2);
  alarm_each(10, SA_RESTART);
  tell(1);
  SAY(lock_at(file, F_SETLKW, F_RDLCK, SEEK_SET, 2, 2));
  alarm_each(0, 0);
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_SET, 5, 2));
  tell(1);
  SAY(lock_at(file, F_SETLKW, F_RDLCK, SEEK_SET, 5, 2));
  view("after the waits");
  waitpid(holder, 0, 0);
  lock(F_UNLCK, 0, 0);
}

/* Each has a lock and wants the next one's. */
static void first_of_cycle(void) {
  lock(F_WRLCK, 0, 1);
  tell(0);
  SAY(lock_at(file, F_SETLKW, F_WRLCK, SEEK_SET, 1, 1));
}
static void cycle(void) {
  lock(F_WRLCK, 1, 1);
  pid_t other = child(first_of_cycle);
  hear(0);
  await_sleep(other);
  SAY(lock_at(file, F_SETLKW, F_WRLCK, SEEK_SET, 0, 1));
  SAY(lock_at(file, F_SETLK, F_WRLCK, SEEK_SET, 0, 1));
  view("after a deadlock");
  lock(F_UNLCK, 0, 0);
  waitpid(other, 0, 0);
}
static void second_of_three(void) {
  lock(F_WRLCK, 2, 1);
  tell(0);
  SAY(lock_at(file, F_SETLKW, F_RDLCK, SEEK_SET, 0, 1));
}
static void third_of_three(void) {
  lock(F_WRLCK, 1, 1);
  tell(0);
  SAY(lock_at(file, F_SETLKW, F_RDLCK, SEEK_SET, 2, 1));
}
static void long_cycle(void) {
  lock(F_WRLCK, 0, 1);
  pid_t second = child(second_of_three);
  hear(0);
  await_sleep(second);
  pid_t third = child(third_of_three);
  hear(0);
  await_sleep(third);
  SAY(lock_at(file, F_SETLKW, F_RDLCK, SEEK_SET, 1, 1));
  lock(F_UNLCK, 0, 0);
  waitpid(second, 0, 0);
  waitpid(third, 0, 0);
}

static int second;
static void ask_for_file_lock(void) {
  struct flock lock = {.l_type = F_WRLCK};
  SAY(fcntl(file, F_OFD_GETLK, &lock));
  printf("%d %lld %lld\n", lock.l_type, (long long)lock.l_start, (long long)lock.l_len);
  lock = (struct flock){.l_type = F_WRLCK};
  SAY(fcntl(second, F_OFD_GETLK, &lock));
  printf("%d %lld %lld %d\n", lock.l_type, (long long)lock.l_start, (long long)lock.l_len, lock.l_pid);
  /* The child has the same open file. */
  SAY(lock_at(file, F_OFD_SETLK, F_WRLCK, SEEK_SET, 7, 1));
  SAY(close(file));
}
static void release_later(void) {
  pause_for(20);
  lock_at(file, F_OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0);
}
static void file_locks(void) {
  second = open(path, O_RDWR);
  SAY(lock_at(file, F_OFD_SETLK, F_WRLCK, SEEK_SET, 5, 5));
  SAY(lock_at(second, F_OFD_SETLK, F_WRLCK, SEEK_SET, 9, 2));
  SAY(lock_at(second, F_OFD_SETLK, F_RDLCK, SEEK_SET, 10, 2));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_SET, 0, 0));
  SAY(lock_at(file, F_SETLK, F_RDLCK, SEEK_SET, 0, 5));
  view("locks");
  waitpid(child(ask_for_file_lock), 0, 0);
  view("after the child's close");
  alarm_each(10, 0);
  SAY(lock_at(second, F_OFD_SETLKW, F_WRLCK, SEEK_SET, 9, 2));
  alarm_each(0, 0);
  pid_t other = child(release_later);
  SAY(lock_at(second, F_OFD_SETLKW, F_WRLCK, SEEK_SET, 9, 2));
  waitpid(other, 0, 0);
  view("after a wait");
  close(second);
  view("after the close of the other file");
  SAY(lock_at(file, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 0));
  SAY(lock_at(file, F_OFD_SETLK, F_UNLCK, SEEK_SET, 3, 3));
  view("split");
  SAY(lock_at(file, F_OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0));
}

static void other_files(void) {
  int pair[2];
  pipe(pair);
  SAY(lock_at(pair[0], F_SETLK, F_RDLCK, SEEK_SET, 0, 0));
  SAY(lock_at(pair[0], F_SETLK, F_WRLCK, SEEK_SET, 0, 0));
  SAY(lock_at(pair[1], F_SETLK, F_WRLCK, SEEK_END, 0, 0));
  int folder = open("/tmp", O_RDONLY);
  SAY(lock_at(folder, F_SETLK, F_RDLCK, SEEK_SET, 0, 0));
  SAY(lock_at(folder, F_SETLK, F_WRLCK, SEEK_SET, 0, 0));
  close(folder), close(pair[0]), close(pair[1]);
}

/* What another program finds that the process executes. */
static void executed(void) {
  file = 30;
  SAY(fcntl(31, F_GETFD));
  view("after exec");
  exit(0);
}

int main(int count, char **words) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (count > 1 && !strcmp(words[1], "executed")) executed();
  if (access("/proc/self", F_OK) != 0) syscall(SYS_mount, "proc", "/proc", "proc", 0, 0);
  file = open(path, O_RDWR | O_CREAT, 0600);
  ftruncate(file, 100);
  pipe(pipes[0]), pipe(pipes[1]);
  errors();
  short_forms();
  ranges();
  conflicts();
  waits();
  cycle();
  long_cycle();
  file_locks();
  other_files();
  dup2(file, 30);
  int other = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup3(other, 31, O_CLOEXEC);
  lock(F_WRLCK, 3, 4);
  execl("/init", "/init", "executed", (char *)0);
  return 1;
}
