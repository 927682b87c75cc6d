// SPDX-License-Identifier: Apache-2.0
/* Pipes and waiting for them: every line as Linux 6.1 prints it, in pipes.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static char bytes[1 << 17];
static int ends[2], others[2];

static void close_both(int *pair) {
  close(pair[0]);
  close(pair[1]);
}

static int waiting(int end) {
  int count = -1;
  ioctl(end, FIONREAD, &count);
  return count;
}

/* The events of a file, without waiting. */
static int events(int file, int wanted) {
  struct pollfd entry = {file, wanted, 0};
  int ready = poll(&entry, 1, 0);
  return ready << 16 | (unsigned short)entry.revents;
}

static void makes(void) {
  SAY(syscall(SYS_pipe2, 0, 0));
  SAY(syscall(SYS_pipe2, ends, 1));
  SAY(syscall(SYS_pipe2, ends, O_NOCTTY));
  SAY(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  SAY(ends[0]);
  SAY(ends[1]);
  SAY(fcntl(ends[0], F_GETFL));
  SAY(fcntl(ends[1], F_GETFL));
  SAY(fcntl(ends[0], F_GETFD));
  SAY(fcntl(ends[1], F_GETFD));
  SAY(read(ends[0], bytes, 1));
  SAY(read(ends[1], bytes, 1));
  SAY(write(ends[0], bytes, 1));
  SAY(read(ends[0], bytes, 0));
  SAY(write(ends[1], bytes, 0));
  SAY(read(ends[0], (void *)8, 1));
  SAY(write(ends[1], (void *)8, 1));
  SAY(lseek(ends[0], 0, SEEK_SET));
  SAY(pread(ends[0], bytes, 1, 0));
  SAY((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, ends[0], 0));
  SAY(fchdir(ends[0]));
  SAY(ioctl(ends[0], TCGETS, bytes));
  SAY(ioctl(ends[0], FIONREAD, 8));
  struct stat status, same;
  SAY(fstat(ends[0], &status));
  SAY(fstat(ends[1], &same));
  SAY(status.st_mode);
  SAY(status.st_size);
  SAY(status.st_nlink);
  SAY(status.st_blksize);
  SAY(status.st_ino == same.st_ino && status.st_dev == same.st_dev);
  SAY(pipe(others));
  SAY(fstat(others[0], &same));
  SAY(status.st_ino == same.st_ino);
  close_both(others);
  close_both(ends);
}

static void moves_bytes(void) {
  pipe2(ends, O_NONBLOCK);
  SAY(write(ends[1], "abcdef", 6));
  SAY(waiting(ends[0]));
  SAY(waiting(ends[1]));
  SAY(read(ends[0], (void *)8, 3));
  SAY(read(ends[0], bytes, 4));
  SAY(memcmp(bytes, "abcd", 4));
  SAY(write(ends[1], "gh", 2));
  SAY(read(ends[0], bytes, 100));
  SAY(memcmp(bytes, "efgh", 4));
  struct iovec vector[3] = {{"one", 3}, {"", 0}, {"three", 5}};
  SAY(writev(ends[1], vector, 3));
  char a[2], b[100];
  struct iovec into[2] = {{a, 2}, {b, 100}};
  SAY(readv(ends[0], into, 2));
  SAY(memcmp(b, "ethree", 6));
  SAY(write(ends[1], "xy", 2));
  SAY(readv(ends[0], into, 2));
  SAY(readv(ends[0], into, 2));
  SAY(close(ends[1]));
  SAY(read(ends[0], bytes, 1));
  SAY(close(ends[0]));
}

static void fills(void) {
  pipe2(ends, O_NONBLOCK);
  long total = 0, one;
  while ((one = write(ends[1], bytes, 1000)) > 0) total += one;
  SAY(total);
  SAY(waiting(ends[0]));
  SAY(write(ends[1], bytes, 97));
  SAY(write(ends[1], bytes, 96));
  SAY(write(ends[1], bytes, 1));
  SAY(read(ends[0], bytes, 4000));
  SAY(write(ends[1], bytes, 5000));
  SAY(waiting(ends[0]));
  close_both(ends);
  pipe2(ends, O_NONBLOCK);
  SAY(write(ends[1], bytes, 100000));
  SAY(write(ends[1], bytes, 1));
  SAY(read(ends[0], bytes, 4095));
  SAY(write(ends[1], bytes, 1));
  SAY(read(ends[0], bytes, 1));
  SAY(write(ends[1], bytes, 5000));
  SAY(read(ends[0], bytes, 100000));
  /* The last page has room for the odd bytes of a greater write. */
  SAY(write(ends[1], bytes, 16 * 4096 - 1000));
  SAY(write(ends[1], bytes, 4096 + 500));
  SAY(write(ends[1], bytes, 4096));
  SAY(waiting(ends[0]));
  close_both(ends);
}

static void sizes(void) {
  pipe2(ends, O_NONBLOCK);
  SAY(fcntl(ends[0], F_GETPIPE_SZ));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 1));
  SAY(write(ends[1], bytes, 10000));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 5000));
  SAY(write(ends[1], bytes, 10000));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 4096));
  SAY(fcntl(ends[0], F_SETPIPE_SZ, 1 << 20));
  SAY(fcntl(ends[1], F_GETPIPE_SZ));
  SAY(write(ends[1], bytes, sizeof bytes));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 65536));
  SAY(waiting(ends[0]));
  SAY(read(ends[0], bytes, sizeof bytes));
  SAY(read(ends[0], bytes, sizeof bytes));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 65537));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 0));
  SAY(fcntl(ends[1], F_SETPIPE_SZ, 0x80000001u));
  SAY(fcntl(0, F_GETPIPE_SZ));
  SAY(fcntl(0, F_SETPIPE_SZ, 4096));
  SAY(fcntl(99, F_GETPIPE_SZ));
  close_both(ends);
}

static void packets(void) {
  SAY(pipe2(ends, O_DIRECT | O_NONBLOCK));
  SAY(fcntl(ends[0], F_GETFL));
  SAY(fcntl(ends[1], F_GETFL));
  SAY(write(ends[1], "first", 5));
  SAY(write(ends[1], "second", 6));
  SAY(write(ends[1], bytes, 5000));
  SAY(read(ends[0], bytes, 2));
  SAY(read(ends[0], bytes, 100));
  SAY(read(ends[0], bytes, 10000));
  SAY(read(ends[0], bytes, 10000));
  SAY(read(ends[0], bytes, 10000));
  int count = 0;
  while (write(ends[1], "a", 1) == 1) count++;
  SAY(count);
  close_both(ends);
}

static int caught;
static void catch (int number) { caught += number; }

static void breaks(void) {
  pipe(ends);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  SAY(write(ends[1], "a", 1));
  SAY(write(ends[1], "a", 0));
  SAY(events(ends[1], POLLOUT));
  SAY(events(ends[1], 0));
  struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};
  sigaction(SIGPIPE, &action, 0);
  SAY(write(ends[1], "a", 1));
  SAY(caught);
  signal(SIGPIPE, SIG_DFL);
  int status;
  pid_t made = fork();
  if (!made) {
    write(ends[1], "a", 1);
    _exit(0);
  }
  waitpid(made, &status, 0);
  SAY(status);
  close(ends[1]);
}

static void polls(void) {
  pipe(ends);
  SAY(events(ends[0], POLLIN | POLLOUT));
  SAY(events(ends[1], POLLIN | POLLOUT));
  write(ends[1], "a", 1);
  SAY(events(ends[0], POLLIN | POLLRDNORM | POLLRDBAND | POLLPRI));
  SAY(events(ends[1], POLLOUT | POLLWRNORM | POLLWRBAND));
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], bytes, 4096) > 0) {}
  SAY(events(ends[1], POLLOUT));
  fd_set in, out, bad;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&bad);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  FD_SET(ends[0], &bad);
  struct timeval none = {0, 0};
  SAY(select(ends[1] + 1, &in, &out, &bad, &none));
  SAY(FD_ISSET(ends[0], &in) << 2 | FD_ISSET(ends[1], &out) << 1 | FD_ISSET(ends[0], &bad));
  close(ends[1]);
  SAY(events(ends[0], POLLIN));
  while (read(ends[0], bytes, sizeof bytes) > 0) {}
  SAY(events(ends[0], POLLIN));
  SAY(events(ends[0], 0));
  FD_ZERO(&in);
  FD_SET(ends[0], &in);
  SAY(select(ends[0] + 1, &in, 0, 0, &none));
  close(ends[0]);
  SAY(events(ends[0], POLLIN));
}

static void pause_a_little(void) { nanosleep(&(struct timespec){0, 20000000}, 0); }

static void writes_late(void) {
  close(ends[0]);
  pause_a_little();
  write(ends[1], "late", 4);
  pause_a_little();
  write(ends[1], "r", 1);
  pause_a_little();
}

static void reads_late(void) {
  close(ends[1]);
  pause_a_little();
  long total = 0, one;
  while ((one = read(ends[0], bytes, 3000)) > 0) total += one;
  SAY(total);
}

static void waits(void) {
  int status;
  pipe(ends);
  pid_t writer = child(writes_late);
  close(ends[1]);
  SAY(read(ends[0], bytes, 100));
  struct pollfd entry = {ends[0], POLLIN, 0};
  SAY(poll(&entry, 1, 10000));
  SAY(entry.revents);
  SAY(read(ends[0], bytes, 100));
  SAY(read(ends[0], bytes, 100));
  SAY(poll(&entry, 1, -1));
  SAY(entry.revents);
  waitpid(writer, &status, 0);
  close(ends[0]);
  pipe(ends);
  pid_t reader = child(reads_late);
  close(ends[0]);
  SAY(write(ends[1], bytes, sizeof bytes));
  SAY(write(ends[1], bytes, 4097));
  close(ends[1]);
  waitpid(reader, &status, 0);
  SAY(status);
}

static void interrupts_late(void) {
  pause_a_little();
  kill(getppid(), SIGUSR1);
}

static void signals(void) {
  int status;
  caught = 0;
  struct sigaction action = {.sa_handler = catch};
  sigaction(SIGUSR1, &action, 0);
  pipe(ends);
  pid_t made = child(interrupts_late);
  SAY(read(ends[0], bytes, 1));
  waitpid(made, &status, 0);
  made = child(interrupts_late);
  struct pollfd entry = {ends[0], POLLIN, 0};
  SAY(poll(&entry, 1, -1));
  waitpid(made, &status, 0);
  made = child(interrupts_late);
  SAY(write(ends[1], bytes, sizeof bytes));
  waitpid(made, &status, 0);
  SAY(caught);
  close_both(ends);
}

static void *closes_late(void *end) {
  pause_a_little();
  close(*(int *)end);
  return 0;
}

/* A close by another thread ends no wait of a thread that uses the file, but is the end for others. */
static void closes(void) {
  pthread_t thread;
  pipe(ends);
  pthread_create(&thread, 0, closes_late, &ends[1]);
  SAY(read(ends[0], bytes, 1));
  pthread_join(thread, 0);
  close(ends[0]);
  pipe(ends);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], bytes, 4096) > 0) {}
  fcntl(ends[1], F_SETFL, 0);
  signal(SIGPIPE, SIG_IGN);
  pthread_create(&thread, 0, closes_late, &ends[0]);
  SAY(write(ends[1], bytes, 1));
  pthread_join(thread, 0);
  close(ends[1]);
  pipe(ends);
  pthread_create(&thread, 0, closes_late, &ends[0]);
  struct pollfd entry = {ends[0], POLLIN, 0};
  SAY(poll(&entry, 1, 100));
  SAY(entry.revents);
  pthread_join(thread, 0);
  SAY(write(ends[1], bytes, 1));
  close(ends[1]);
}

int main(void) {
  makes();
  moves_bytes();
  fills();
  sizes();
  packets();
  breaks();
  polls();
  waits();
  signals();
  closes();
  return 0;
}
