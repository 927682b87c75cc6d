// SPDX-License-Identifier: Apache-2.0
/* FIFOs with a path: every line as Linux 6.1 prints it, in fifos.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

#define PATH "/tmp/fifo"
static volatile int *shared;
static char buffer[70000];

static void states(const char *what, int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT, 0};
  int count = poll(&entry, 1, 0);
  printf("%s: %d %x\n", what, count, entry.revents);
}

static void names(void) {
  struct stat status;
  SAY(mkfifo(PATH, 0640));
  SAY(mkfifo(PATH, 0640));
  SAY(mkfifo("/tmp/none/fifo", 0640));
  SAY(stat(PATH, &status));
  printf("%o %d %ld %d\n", status.st_mode, (int)status.st_nlink, (long)status.st_size, (int)status.st_rdev);
  SAY(truncate(PATH, 0));
  SAY(open(PATH, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
  SAY(open(PATH, O_CREAT | O_EXCL | O_RDWR, 0600));
  SAY(link(PATH, "/tmp/other"));
  SAY(rename("/tmp/other", "/tmp/third"));
  SAY(unlink("/tmp/third"));
  int place = open(PATH, O_PATH);
  SAY(read(place, buffer, 1));
  SAY(fstat(place, &status));
  close(place);
}

static void without_blocking(void) {
  SAY(open(PATH, O_WRONLY | O_NONBLOCK));
  int reader = open(PATH, O_RDONLY | O_NONBLOCK);
  states("no writer yet", reader);
  SAY(read(reader, buffer, 1));
  int writer = open(PATH, O_WRONLY | O_NONBLOCK);
  states("both", reader);
  states("both", writer);
  SAY(read(reader, buffer, 1));
  SAY(write(writer, "hello", 5));
  states("bytes", reader);
  int count = 0;
  SAY(ioctl(reader, FIONREAD, &count));
  SAY(count);
  SAY(read(reader, buffer, 3));
  close(writer);
  states("writer gone", reader);
  SAY(read(reader, buffer, 9));
  states("empty", reader);
  SAY(read(reader, buffer, 9));
  writer = open(PATH, O_WRONLY);
  states("writer again", reader);
  close(reader);
  states("reader gone", writer);
  signal(SIGPIPE, SIG_IGN);
  SAY(write(writer, "x", 1));
  SAY(lseek(writer, 0, SEEK_SET));
  SAY(pread(writer, buffer, 1, 0));
  SAY(read(writer, buffer, 1));
  SAY(ftruncate(writer, 0));
  SAY(fchmod(writer, 0600));
  SAY(fsync(writer));
  SAY(mmap(0, 4096, PROT_READ, MAP_SHARED, writer, 0) == MAP_FAILED ? errno : 0);
  close(writer);
  int both = open(PATH, O_RDWR);
  states("for both", both);
  SAY(write(both, "0123456789", 10));
  SAY(fcntl(both, F_GETPIPE_SZ));
  SAY(fcntl(both, F_SETPIPE_SZ, 8192));
  reader = open(PATH, O_RDONLY);
  SAY(fcntl(reader, F_GETPIPE_SZ));
  close(both);
  SAY(read(reader, buffer, 4));
  states("rest", reader);
  close(reader);
  /* What was in it is gone with the last end, and so is its size. */
  reader = open(PATH, O_RDONLY | O_NONBLOCK);
  SAY(read(reader, buffer, 4));
  SAY(fcntl(reader, F_GETPIPE_SZ));
  close(reader);
  reader = open(PATH, O_RDONLY | O_NONBLOCK);
  writer = open(PATH, O_WRONLY | O_NONBLOCK);
  memset(buffer, 'a', sizeof buffer);
  SAY(write(writer, buffer, sizeof buffer));
  SAY(write(writer, buffer, 1));
  /* Unlinked, it works on. */
  SAY(unlink(PATH));
  SAY(read(reader, buffer, sizeof buffer));
  struct stat status;
  SAY(fstat(reader, &status));
  SAY(status.st_nlink);
  SAY(mkfifo(PATH, 0600));
  int other = open(PATH, O_RDONLY | O_NONBLOCK);
  SAY(write(writer, "x", 1));
  SAY(read(other, buffer, 1));
  close(other), close(reader), close(writer);
}

static void writes_late(void) {
  usleep(30000);
  int writer = open(PATH, O_WRONLY);
  write(writer, "late", 4);
}
static void reads_late(void) {
  usleep(30000);
  int reader = open(PATH, O_RDONLY);
  printf("read %ld\n", (long)read(reader, buffer, 9));
}
static void opens_and_leaves(void) {
  usleep(30000);
  close(open(PATH, O_RDWR));
  close(open(PATH, O_WRONLY | O_NONBLOCK));
}

static volatile sig_atomic_t got;
static void note(int number) { got = number; }
static void blocking(void) {
  int status;
  pid_t other = child(writes_late);
  int reader = open(PATH, O_RDONLY);
  SAY(read(reader, buffer, 9));
  SAY(read(reader, buffer, 9));
  close(reader);
  waitpid(other, 0, 0);
  other = child(reads_late);
  int writer = open(PATH, O_WRONLY);
  long sent = write(writer, "first", 5);
  waitpid(other, 0, 0);
  SAY(sent);
  close(writer);
  other = child(opens_and_leaves);
  reader = open(PATH, O_RDONLY); /* The other side has gone meanwhile. */
  SAY(read(reader, buffer, 9));
  close(reader);
  waitpid(other, &status, 0);
  SAY(status);
  struct sigaction action = {.sa_handler = note};
  sigaction(SIGALRM, &action, 0);
  ualarm(20000, 0);
  SAY(open(PATH, O_RDONLY));
  ualarm(20000, 0);
  SAY(open(PATH, O_WRONLY));
  SAY(open(PATH, O_WRONLY | O_NONBLOCK));
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  got = 0;
  ualarm(10000, 0);
  other = child(writes_late);
  reader = open(PATH, O_RDONLY);
  SAY(got);
  SAY(read(reader, buffer, 9));
  close(reader);
  waitpid(other, 0, 0);
  other = fork();
  if (!other) open(PATH, O_RDONLY), _exit(1);
  usleep(20000);
  kill(other, SIGKILL);
  waitpid(other, &status, 0);
  SAY(status);
  SAY(open(PATH, O_WRONLY | O_NONBLOCK));
}

/* Many processes open, write and close at once: no byte is lost. */
static void writes(void) {
  for (int round = 0; round < 50; round++) {
    int writer = open(PATH, O_WRONLY);
    write(writer, "12345678", 8);
    close(writer);
  }
}
static void races(void) {
  for (int index = 0; index < 4; index++) child(writes);
  int keep = open(PATH, O_RDWR), reader = open(PATH, O_RDONLY);
  long sum = 0;
  while (sum < 4 * 50 * 8) sum += read(reader, buffer, sizeof buffer);
  SAY(sum);
  while (wait(0) > 0) {}
  close(keep);
  SAY(read(reader, buffer, 1));
}

int main(void) {
  mkdir("/tmp", 0777);
  names();
  without_blocking();
  blocking();
  races();
  SAY(unlink(PATH));
  puts("fifos: done");
  return 0;
}
