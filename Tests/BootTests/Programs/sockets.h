// SPDX-License-Identifier: Apache-2.0
/* For programs that print the answers of pairs of sockets. */
#ifndef SOCKETS_H
#define SOCKETS_H

#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static char bytes[1 << 18];
static int ends[2], a, b;
static socklen_t length;
static struct sockaddr_un name;

static void open_pair(int type) {
  socketpair(AF_UNIX, type, 0, ends);
  a = ends[0], b = ends[1];
}

static void close_pair(void) { close(a), close(b); }

__attribute__((unused)) static int waiting(int end) {
  int count = -1;
  ioctl(end, FIONREAD, &count);
  return count;
}

/* The events of a file, without waiting. */
__attribute__((unused)) static int events(int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
  poll(&entry, 1, 0);
  return (unsigned short)entry.revents;
}

__attribute__((unused)) static int option(int end, int which) {
  int value = -1;
  length = sizeof value;
  int answer = getsockopt(end, SOL_SOCKET, which, &value, &length);
  return answer ? -errno : value;
}

/* What a waiting call answers when another thread does something later. */
__attribute__((unused)) static void later(void) { nanosleep(&(struct timespec){0, 30000000}, 0); }

#define LATER(what, call)               \
  do {                                  \
    pthread_t other;                    \
    pthread_create(&other, 0, what, 0); \
    SAY(call);                          \
    pthread_join(other, 0);             \
  } while (0)

#endif
