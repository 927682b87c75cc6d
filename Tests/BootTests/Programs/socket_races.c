// SPDX-License-Identifier: Apache-2.0
/* Threads and processes that send, receive, look, shut, close and are killed at both ends of pairs of sockets.
 * Each round is a child process; no round may hang, and the memory must be free afterwards. Arguments: the number of
 * rounds, and any second one to count free memory. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "meminfo.h"

static int ends[2], type;
static unsigned round_number;

static unsigned next(unsigned *state) { return *state = *state * 1664525 + 1013904223, *state >> 8; }

/* Makes calls at random on one of the ends until it is shut. */
static void *work(void *number) {
  unsigned state = round_number * 16 + (unsigned)(long)number;
  int end = ends[(long)number & 1];
  static __thread char bytes[20000];
  struct iovec pieces[] = {{bytes, 1}, {bytes + 1, 7000}, {bytes + 7001, 12000}};
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
  for (int i = 0; i < 200; i++) {
    int size = next(&state) % sizeof bytes, flags = next(&state) % 4 ? 0 : MSG_DONTWAIT;
    long done = 1;
    switch (next(&state) % 8) {
    case 0: done = recv(end, bytes, size, flags); break;
    case 1: done = recv(end, bytes, size, MSG_PEEK | MSG_DONTWAIT); break;
    case 2: done = recvmsg(end, &message, flags); break;
    case 3: done = sendmsg(end, &message, MSG_NOSIGNAL | flags); break;
    case 4: poll(&(struct pollfd){end, POLLIN | POLLOUT, 0}, 1, 1); break;
    case 5: done = read(end, bytes, size); break;
    default: done = send(end, bytes, size, MSG_NOSIGNAL | flags); break;
    }
    (void)done;
  }
  return 0;
}

static void nothing(int number) {}

/* One process with threads at both ends, and a child with two more; signals and the end come from outside. */
static void play(void) {
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, 0);
  socketpair(AF_UNIX, type, 0, ends);
  if (!fork()) {
    pthread_t other;
    pthread_create(&other, 0, work, (void *)5);
    work((void *)4);
    _exit(0);
  }
  pthread_t others[3];
  for (long i = 0; i < 3; i++) pthread_create(&others[i], 0, work, (void *)i);
  unsigned state = round_number;
  usleep(next(&state) % 20000);
  if (next(&state) % 2) shutdown(ends[next(&state) % 2], next(&state) % 3);
  work((void *)3);
  close(ends[next(&state) % 2]);
  shutdown(ends[0], SHUT_RDWR);
  shutdown(ends[1], SHUT_RDWR);
  close(ends[0]);
  close(ends[1]);
  _exit(0);
}

static void round_of(int kind) {
  type = kind;
  pid_t child = fork();
  if (!child) {
    setpgid(0, 0);
    play();
  }
  setpgid(child, child);
  unsigned state = round_number + 77;
  for (int i = next(&state) % 12; i > 0; i--) {
    usleep(next(&state) % 3000);
    kill(-child, SIGUSR1);
  }
  usleep(next(&state) % 10000);
  kill(-child, SIGKILL);
  int status;
  CHECK(waitpid(child, &status, 0) == child, "the round's child");
}

/* Two processes pass bytes through a stream; one that is killed meanwhile is the end for the other. */
static void copy_until_killed(void) {
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  pid_t child = fork();
  if (!child) {
    close(pair[0]);
    static char bytes[9000];
    for (unsigned count = 0;;) {
      for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = count++ % 253;
      write(pair[1], bytes, sizeof bytes);
    }
  }
  close(pair[1]);
  static unsigned char bytes[7001];
  unsigned wrong = 0, count = 0;
  for (long got; (got = read(pair[0], bytes, sizeof bytes)) > 0;) {
    for (long i = 0; i < got; i++) wrong += bytes[i] != count++ % 253;
    if (count > 200000 && child) kill(child, SIGKILL);
  }
  CHECK(!wrong && count > 200000, "%u of %u bytes are wrong", wrong, count);
  waitpid(child, 0, 0);
  close(pair[0]);
}

int main(int count, char **arguments) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  int rounds = count > 1 ? atoi(arguments[1]) : 10;
  long before = 0;
  for (int i = 0; i < rounds; i++) {
    if (i == 3) before = free_kib();
    round_number = i;
    for (int kind = 0; kind < 3; kind++) round_of(types[kind]);
    copy_until_killed();
    while (waitpid(-1, 0, WNOHANG) > 0) {}
  }
  while (waitpid(-1, 0, 0) > 0) {}
  usleep(50000);
  if (count > 2) {
    long after = free_kib();
    CHECK(after > before - 256, "%ld KiB are lost", before - after);
  }
  return verdict("socket_races");
}
