// SPDX-License-Identifier: Apache-2.0
/* What pairs of sockets transfer, and their ends: every line as Linux 6.1 prints it, in messages.txt. */
#include "sockets.h"

/* recvmsg into pieces of 2, 0 and 3 bytes; says what it stored. */
static long receive(int end, int flags) {
  static char text[8];
  memset(text, '.', 6);
  struct iovec pieces[] = {{text, 2}, {(void *)8, 0}, {text + 2, 3}};
  struct msghdr message = {&name, sizeof name, pieces, 3, bytes, 64, -1};
  long answer = recvmsg(end, &message, flags);
  int error = errno;
  printf("[%s] %d %d %x ", text, (int)message.msg_namelen, (int)message.msg_controllen, (unsigned)message.msg_flags);
  errno = error;
  return answer;
}

static long transmit(int end, char *text, int first, int flags) {
  struct iovec pieces[] = {{text, first}, {text + first, strlen(text) - first}};
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
  return sendmsg(end, &message, flags);
}

static void streams(void) {
  printf("-- streams\n");
  open_pair(SOCK_STREAM | SOCK_NONBLOCK);
  SAY(read(a, bytes, 1));
  SAY(read(a, bytes, 0));
  SAY(recv(a, bytes, 0, 0));
  SAY(write(b, bytes, 0));
  SAY(events(a));
  SAY(write(b, "abc", 3));
  SAY(write(b, "defgh", 5));
  SAY(waiting(a));
  SAY(waiting(b));
  SAY(events(a));
  SAY(recv(a, bytes, 0, 0));
  SAY(recv(a, bytes, 100, MSG_PEEK));
  SAY(recv(a, bytes, 4, MSG_PEEK | MSG_TRUNC));
  SAY(receive(a, MSG_PEEK));
  SAY(receive(a, 0));
  SAY(receive(a, MSG_TRUNC));
  SAY(receive(a, 0));
  SAY(transmit(b, "12345", 2, 0));
  struct iovec pieces[] = {{bytes, 1}, {bytes + 1, 3}};
  SAY(readv(a, pieces, 2));
  SAY(recv(a, bytes, 100, MSG_WAITALL));
  SAY(writev(b, pieces, 2));
  SAY(read(a, bytes, 100));
  SAY(read(a, (void *)8, 1));
  SAY(write(b, (void *)8, 1));
  SAY(write(b, "xy", 2));
  SAY(read(a, (void *)8, 1));
  SAY(recv(a, (void *)8, 1, MSG_PEEK));
  SAY(read(a, bytes, 10));
  SAY(recv(a, bytes, 1, MSG_OOB));
  SAY(sendto(a, "z", 1, 0, (void *)&name, 2));
  name.sun_family = AF_UNIX;
  SAY(sendto(a, "z", 1, 0, (void *)8, 2));
  SAY(sendto(a, "z", 1, 0, (void *)&name, 200));
  SAY(sendto(a, "z", 1, 0, (void *)&name, -1));
  SAY(sendto(a, "z", 1, 0, (void *)&name, 0));
  length = 50;
  SAY(recvfrom(b, bytes, 5, 0, (void *)&name, &length));
  SAY(length);
  SAY(sendto(a, "z", 1, 0, 0, 7));
  length = -1;
  SAY(recvfrom(b, bytes, 5, 0, (void *)&name, &length));
  SAY(recvfrom(b, bytes, 5, 0, (void *)&name, &length));
  SAY(syscall(SYS_sendmsg, a, 8, 0));
  SAY(syscall(SYS_recvmsg, a, 8, 0));
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1025};
  SAY(sendmsg(a, &message, 0));
  SAY(recvmsg(a, &message, 0));
  message.msg_iovlen = 0;
  SAY(sendmsg(a, &message, 0));
  SAY(events(b));
  message.msg_iov = (void *)8, message.msg_iovlen = 1;
  SAY(sendmsg(a, &message, 0));
  long total = 0, sent;
  while ((sent = write(a, bytes, 1024)) > 0) total += sent;
  SAY(sent);
  SAY(total >= 65536);
  SAY(events(a));
  SAY(events(b));
  SAY(waiting(b) == total);
  SAY(send(a, bytes, 1, 0));
  while ((sent = read(b, bytes, 5000)) > 0) total -= sent;
  SAY(total);
  SAY(events(a));
  close_pair();
}

static void messages(int type) {
  printf("-- messages of type %d\n", type);
  open_pair(type | SOCK_NONBLOCK);
  SAY(read(a, bytes, 1));
  SAY(read(a, bytes, 0));
  SAY(recv(a, bytes, 0, 0));
  SAY(write(b, "abcdef", 6));
  SAY(write(b, "", 0));
  SAY(write(b, "gh", 2));
  SAY(waiting(a));
  SAY(events(a));
  SAY(recv(a, bytes, 3, MSG_PEEK));
  SAY(recv(a, bytes, 3, MSG_PEEK | MSG_TRUNC));
  SAY(receive(a, MSG_PEEK));
  SAY(receive(a, MSG_PEEK | MSG_TRUNC));
  SAY(receive(a, 0));
  SAY(waiting(a));
  SAY(receive(a, 0));
  SAY(receive(a, MSG_CMSG_CLOEXEC));
  SAY(receive(a, 0));
  SAY(transmit(b, "one two", 3, MSG_EOR));
  SAY(transmit(b, "three", 2, MSG_NOSIGNAL));
  struct iovec pieces[] = {{bytes, 1}, {bytes + 1, 3}};
  SAY(readv(a, pieces, 2));
  SAY(bytes[3]);
  SAY(read(a, bytes, 100));
  SAY(writev(b, pieces, 0));
  pieces[0].iov_len = pieces[1].iov_len = 0;
  SAY(writev(b, pieces, 2));
  SAY(read(a, bytes, 100));
  SAY(write(b, (void *)8, 1));
  SAY(write(b, "xy", 2));
  SAY(write(b, "z", 1));
  SAY(recv(a, (void *)8, 1, MSG_PEEK));
  SAY(read(a, (void *)8, 1));
  SAY(read(a, bytes, 0));
  SAY(recv(a, bytes, 0, 0));
  SAY(read(a, bytes, 9));
  SAY(send(b, "q", 1, MSG_OOB));
  SAY(recv(a, bytes, 1, MSG_OOB));
  SAY(recv(a, bytes, 9, MSG_WAITALL));
  int limit = option(b, SO_SNDBUF) - 32;
  for (int i = 0; i < limit; i++) bytes[i] = i % 251;
  SAY(send(b, bytes, limit + 1, 0));
  SAY(send(b, bytes, limit, 0) == limit);
  memset(bytes, 0, sizeof bytes);
  SAY(waiting(a) == limit);
  SAY(events(b));
  SAY(recv(a, bytes, sizeof bytes, 0) == limit);
  int wrong = 0;
  for (int i = 0; i < limit; i++) wrong += (unsigned char)bytes[i] != i % 251;
  SAY(wrong);
  int sent = 0, got = 0;
  while (write(b, bytes, 3000) > 0) sent++;
  SAY(errno);
  SAY(sent >= 16);
  SAY(events(b));
  while (read(a, bytes, 4000) == 3000) got++;
  SAY(got == sent);
  SAY(events(b));
  memset(&name, 0, sizeof name);
  name.sun_family = AF_UNIX;
  strcpy(name.sun_path + 1, "nothing");
  SAY(sendto(a, "w", 1, 0, (void *)&name, sizeof name));
  SAY(sendto(a, "w", 1, 0, (void *)&name, 1));
  SAY(recv(b, bytes, 9, 0));
  close_pair();
}

static volatile int caught;
static void count(int number) { caught++; }

static void ends_of(int type) {
  printf("-- ends of type %d\n", type);
  signal(SIGPIPE, SIG_IGN);
  open_pair(type | SOCK_NONBLOCK);
  SAY(shutdown(a, 3));
  SAY(shutdown(a, -1));
  SAY(events(a));
  SAY(write(a, "abc", 3));
  SAY(shutdown(a, SHUT_WR));
  SAY(events(a));
  SAY(events(b));
  SAY(write(a, "d", 1));
  SAY(read(b, bytes, 10));
  SAY(read(b, bytes, 10));
  SAY(read(a, bytes, 10));
  SAY(write(b, "e", 1));
  SAY(events(a));
  SAY(shutdown(a, SHUT_RD));
  SAY(events(a));
  SAY(events(b));
  SAY(write(b, "f", 1));
  SAY(read(a, bytes, 10));
  SAY(read(a, bytes, 10));
  SAY(shutdown(a, SHUT_RDWR));
  SAY(close(a));
  SAY(events(b));
  SAY(option(b, SO_ERROR));
  SAY(close(b));

  open_pair(type | SOCK_NONBLOCK);
  SAY(shutdown(a, SHUT_RD));
  SAY(write(b, "f", 1));
  SAY(write(a, "g", 1));
  SAY(read(a, bytes, 1));
  SAY(events(a));
  SAY(events(b));
  close_pair();

  open_pair(type | SOCK_NONBLOCK);
  SAY(write(a, "abc", 3));
  SAY(close(a));
  SAY(events(b));
  SAY(getpeername(b, (void *)&name, &length));
  SAY(read(b, bytes, 10));
  SAY(read(b, bytes, 10));
  SAY(write(b, "x", 1));
  SAY(write(b, "x", 1));
  SAY(getpeername(b, (void *)&name, &length));
  SAY(events(b));
  SAY(shutdown(b, SHUT_RDWR));
  SAY(events(b));
  SAY(close(b));

  open_pair(type | SOCK_NONBLOCK);
  SAY(write(a, "abc", 3));
  SAY(write(b, "def", 3));
  SAY(close(a));
  SAY(events(b));
  SAY(read(b, bytes, 10));
  SAY(events(b));
  SAY(read(b, bytes, 10));
  SAY(read(b, bytes, 10));
  SAY(write(b, "x", 1));
  SAY(close(b));

  open_pair(type | SOCK_NONBLOCK);
  SAY(write(b, "def", 3));
  SAY(close(a));
  SAY(option(b, SO_ERROR));
  SAY(option(b, SO_ERROR));
  SAY(send(b, "x", 1, 0));
  SAY(read(b, bytes, 10));
  SAY(close(b));

  signal(SIGPIPE, count);
  open_pair(type | SOCK_NONBLOCK);
  SAY(shutdown(a, SHUT_WR));
  SAY(write(a, "d", 1));
  SAY(caught);
  SAY(send(a, "d", 1, MSG_NOSIGNAL));
  SAY(caught);
  close_pair();
  signal(SIGPIPE, SIG_DFL);
}

static void *writes(void *none) { later(); write(b, "late", 4); return 0; }
static void *writes_twice(void *none) { later(); write(b, "la", 2); later(); write(b, "te", 2); return 0; }
static void *shuts(void *none) { later(); shutdown(b, SHUT_WR); return 0; }
static void *shuts_own(void *none) { later(); shutdown(a, SHUT_RD); return 0; }
static void *shuts_all(void *none) { later(); shutdown(b, SHUT_RDWR); return 0; }
static void *closes(void *none) { later(); close(b); return 0; }
static void *drains(void *none) {
  later();
  for (int left = sizeof bytes; left > 0;) {
    static char taken[9000];
    int got = read(b, taken, sizeof taken);
    if (got <= 0) break;
    left -= got;
  }
  return 0;
}
static void waits(void) {
  printf("-- waits\n");
  signal(SIGPIPE, SIG_IGN);
  int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++) {
    open_pair(types[i]);
    struct pollfd entry = {a, POLLIN, 0};
    LATER(writes, read(a, bytes, 10));
    LATER(writes, poll(&entry, 1, -1));
    SAY(read(a, bytes, 10));
    LATER(writes_twice, recv(a, bytes, 4, MSG_WAITALL));
    SAY(recv(a, bytes, 10, MSG_DONTWAIT));
    if (types[i] != SOCK_DGRAM) {
      LATER(shuts, read(a, bytes, 10));
      entry.events = POLLRDHUP;
      SAY(poll(&entry, 1, -1));
      SAY(entry.revents);
      LATER(closes, poll(&(struct pollfd){a, 0, 0}, 1, -1));
      SAY(recv(a, bytes, 4, MSG_WAITALL));
    } else {
      LATER(shuts_own, read(a, bytes, 10));
      LATER(closes, poll(&(struct pollfd){a, 0, 0}, 1, 100));
    }
    close_pair();
    open_pair(types[i]);
    if (types[i] == SOCK_STREAM) {
      LATER(drains, write(a, bytes, sizeof bytes));
      struct iovec pieces[] = {{bytes, 100000}, {bytes, 1000}, {bytes, sizeof bytes - 101000}};
      LATER(drains, writev(a, pieces, 3));
      struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
      LATER(drains, sendmsg(a, &message, 0));
    }
    while (send(a, bytes, 2048, MSG_DONTWAIT) > 0) {}
    if (types[i] != SOCK_DGRAM) LATER(shuts_all, send(a, bytes, 2048, 0));
    else LATER(closes, send(a, bytes, 2048, 0));
    close_pair();
  }
  open_pair(SOCK_STREAM);
  int poller = epoll_create1(0);
  struct epoll_event event = {EPOLLIN | EPOLLRDHUP | EPOLLET, {.u32 = 1}}, got[2];
  SAY(epoll_ctl(poller, EPOLL_CTL_ADD, a, &event));
  SAY(epoll_wait(poller, got, 2, 0));
  LATER(writes, epoll_wait(poller, got, 2, -1));
  SAY(got[0].events);
  SAY(epoll_wait(poller, got, 2, 0));
  LATER(shuts, epoll_wait(poller, got, 2, -1));
  SAY(got[0].events);
  LATER(closes, epoll_wait(poller, got, 2, -1));
  SAY(got[0].events);
  close(poller);
  close_pair();
}

/* Looks make no new edge, a waiting send gets no signal, and short vectors are one step. */
static void edges(void) {
  printf("-- edges\n");
  int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++) {
    open_pair(types[i]);
    int poller = epoll_create1(0);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u32 = 1}}, got[2];
    SAY(epoll_ctl(poller, EPOLL_CTL_ADD, a, &event));
    SAY(write(b, "look", 4));
    SAY(epoll_wait(poller, got, 2, 0));
    SAY(recv(a, bytes, 2, MSG_PEEK));
    SAY(epoll_wait(poller, got, 2, 0));
    SAY(write(b, "look", 4));
    SAY(epoll_wait(poller, got, 2, 0));
    SAY(recv(a, bytes, 2, 0));
    SAY(epoll_wait(poller, got, 2, 0));
    close(poller);
    close_pair();
  }
  caught = 0;
  signal(SIGPIPE, count);
  open_pair(SOCK_STREAM);
  while (send(a, bytes, 1024, MSG_DONTWAIT) > 0) {}
  LATER(closes, send(a, bytes, 1024, 0));
  SAY(caught);
  SAY(send(a, bytes, 1024, 0));
  SAY(caught);
  close_pair();
  open_pair(SOCK_STREAM);
  while (send(a, bytes, 1024, MSG_DONTWAIT) > 0) {}
  LATER(shuts_all, send(a, bytes, 1024, 0));
  SAY(caught);
  close_pair();
  open_pair(SOCK_STREAM);
  SAY(write(a, "x", 1));
  SAY(close(b));
  SAY(recv(a, bytes, 0, 0));
  SAY(recv(a, bytes, 1, 0));
  close_pair();
}

int main(void) {
  streams();
  messages(SOCK_DGRAM);
  messages(SOCK_SEQPACKET);
  ends_of(SOCK_STREAM);
  ends_of(SOCK_DGRAM);
  ends_of(SOCK_SEQPACKET);
  waits();
  edges();
  return 0;
}
